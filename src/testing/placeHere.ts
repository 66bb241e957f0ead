import { dirname, join, sep } from 'node:path';

/** The package itself and its runtime: they are no place in a test. */
const OWN = [dirname(__dirname) + sep, `node_modules${sep}rxjs${sep}`, 'node:', '<anonymous>'];

/** Code further out has only started the simulation. */
const OUTERMOST = join(__dirname, 'faults', 'simulateOnce.');

/** Operators put many lines between the program and this function. */
const LINES = 200;

/**
 * The place of the calling program: the innermost line of the stack that is outside the package.
 *
 * @returns A line like `at handler (server.ts:12:5)`; `undefined` if all lines are in the package.
 */
export function placeHere(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = LINES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const lines = stack.split('\n').map((line) => line.trim());
  const end = lines.findIndex((line) => line.includes(OUTERMOST));
  return lines
    .slice(1, end < 0 ? undefined : end)
    .find((line) => line.startsWith('at ') && !OWN.some((own) => line.includes(own)));
}
