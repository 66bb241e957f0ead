import type { DemoMain } from './describeDemo';

/**
 * Starts a demo that runs until Ctrl+C, and waits until it has printed a line that matches.
 *
 * @returns The match; `printed`, everything so far; `interrupt`, which is Ctrl+C and resolves when the demo is over.
 */
export async function untilPrinted(
  main: DemoMain,
  args: string[],
  pattern: RegExp,
): Promise<{ match: RegExpExecArray; printed: string[]; interrupt(): Promise<void> }> {
  const printed: string[] = [];
  let over!: Promise<void>;
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const log = (line: string) => {
      printed.push(line);
      const found = pattern.exec(line);
      if (found) resolve(found);
    };
    over = main(log, ...args);
    over.then(() => reject(new Error(`Cannot find ${pattern} in:\n${printed.join('\n')}`)), reject);
  });
  const interrupt = () => {
    process.emit('SIGINT');
    return over;
  };
  return { match, printed, interrupt };
}
