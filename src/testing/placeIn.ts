/** Where our own code is, in the folder of the package: as sources, compiled, or in a bundle that has source maps. */
const OWN_FILE = /([/\\](?:src|dist)[/\\])(?:testing[/\\](?:placeHere|Site|index)|core)\.[cm]?[jt]s$/;

/** What our code runs on. */
const FOREIGN = /^node:|<anonymous>$|[/\\]node_modules[/\\]rxjs[/\\]/;

/**
 * What starts a simulation: further out is the program that waits for it. In a bundle only the function tells. With source maps only the
 * file does: some tools print each function by the name that its caller has for it.
 */
const OUTERMOST = /^at (?:async )?simulateOnce |[/\\]faults[/\\]simulateOnce\.[jt]s:/;

/**
 * The innermost line of a stack that is the program's: not ours, not of RxJS, not of Node.
 *
 * A stack has the files that run or, with source maps, those that they were made from. Both have our files in one folder: the
 * file of the first line, which made the stack, says which. In a bundle without source maps our code and the program's are in one
 * file, so no line is known to be the program's.
 *
 * @param stack - Of an error that was made in our own code.
 */
export function placeIn(stack: string): string | undefined {
  const lines = stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '));
  const own = fileOf(lines[0] ?? '').replace(OWN_FILE, '$1');
  const end = lines.findIndex((line) => OUTERMOST.test(line));
  return lines.slice(1, end < 0 ? undefined : end).find((line) => {
    const file = fileOf(line);
    return file !== '' && !file.startsWith(own) && !FOREIGN.test(file);
  });
}

/** The file of a line of a stack, `''` if it has none, as `at map (native)`. A function may be called `<anonymous>`, too. */
function fileOf(line: string): string {
  const [, inside, alone] = /^at (?:.*? \((.*):\d+:\d+\)|(?:async )?(.*):\d+:\d+)$/.exec(line) ?? [];
  return inside ?? alone ?? '';
}
