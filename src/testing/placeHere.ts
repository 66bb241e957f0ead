import { placeIn } from './placeIn';

/** Operators put many lines between a program and us. */
const LINES = 200;

/**
 * Where a program is that has called us: the innermost line of the stack that is the program's.
 *
 * @returns As a stack has it, `at handler (server.ts:12:5)`; `undefined` if no line is the program's.
 */
export function placeHere(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = LINES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return placeIn(stack);
}
