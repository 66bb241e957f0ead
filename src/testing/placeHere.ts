import { dirname, join, sep } from 'node:path';

/** The package itself, and what its code runs on: no place in a test. */
const OWN = [dirname(__dirname) + sep, `node_modules${sep}rxjs${sep}`, 'node:', '<anonymous>'];

/** What is further out has only started the simulation. */
const OUTERMOST = join(__dirname, 'faults', 'simulateOnce.');

/** Operators put many lines between a program and us. */
const LINES = 200;

/**
 * Where a program is that has called us: the innermost line of the stack that is not ours.
 *
 * @returns As a stack has it, `at handler (server.ts:12:5)`; `undefined` if all lines are ours.
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
