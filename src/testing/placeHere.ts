import { sep } from 'node:path';

/** Operators put many lines between the program and this function. */
const LINES = 200;

/** The package itself and its runtime: they are no place in a test. */
const OWN = [/* @__PURE__ */ ownPath(), `node_modules${sep}rxjs${sep}`, 'node_modules/rxjs/', 'node:', '<anonymous>'];

/** Code further out has only started the simulation. */
const OUTERMOST = /^at simulateOnce\b/;

/**
 * The place of the calling program: the innermost line of the stack that is outside the package.
 *
 * @returns A line like `at handler (server.ts:12:5)`; `undefined` if all lines are in the package.
 */
export function placeHere(): string | undefined {
  const lines = stackHere().slice(1);
  const end = lines.findIndex((line) => OUTERMOST.test(line));
  return lines
    .slice(0, end < 0 ? undefined : end)
    .find((line) => line.startsWith('at ') && !OWN.some((own) => line.includes(own)));
}

/**
 * How the lines of our own code begin: with the folder `dist`, or with `src` where source maps are on. In a bundle without source
 * maps our code and the program's are in one file, so no line is known to be the program's.
 */
function ownPath(): string {
  const [line = ''] = stackHere();
  const path = line.replace(/^at (?:.*\()?|:\d+:\d+\)?$/g, '');
  return path.replace(/([/\\](?:src|dist)[/\\])testing[/\\](?:placeHere|index)\.[cm]?[jt]s$/, '$1');
}

/** The lines of the stack, beginning with that of our caller. */
function stackHere(): string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = LINES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const lines = stack.split('\n').map((line) => line.trim());
  return lines.slice(lines.findIndex((line) => line.startsWith('at ')) + 1);
}
