import { AssertionError } from 'node:assert';
import { diffBytes } from '../diffBytes';
import type { ScriptStep } from './ScriptPlay';

/** Details of a step that can't be done. */
export interface FailureDetails {
  /** The expected bytes, and those that came instead. They are shown one above the other. */
  readonly expected?: Uint8Array | undefined;
  readonly seen?: Uint8Array | undefined;
  readonly cause?: unknown;
}

/** How many steps are shown before and after the one that failed. */
const STEPS = 5;

/** The error of a script that can't go on: the step, the reason, the expected and the seen bytes, and the steps around it. */
export function scriptFailure(
  steps: readonly ScriptStep[],
  at: number,
  why: string,
  { expected, seen, cause }: FailureDetails = {},
): AssertionError {
  const step = steps[at];
  const where = step === undefined ? 'its end' : `step ${at + 1} of ${steps.length}, ${step.text}`;
  const parts = [`Cannot go on with the script at ${where}: ${why}`];
  if (expected !== undefined && seen !== undefined) parts.push(diffBytes(expected, seen).replaceAll(/^/gm, '  '));
  parts.push(listSteps(steps, at));
  // 'fail' keeps test runners from printing a comparison: there are no two values.
  const error = new AssertionError({ message: parts.join('\n\n'), operator: 'fail' });
  if (cause !== undefined) error.cause = cause;
  return error;
}

function listSteps(steps: readonly ScriptStep[], at: number): string {
  const first = Math.max(0, at - STEPS);
  const shown = steps.slice(first, at + STEPS + 1);
  const lines = shown.map(({ text }, i) => `${first + i === at ? '>' : ' '} ${first + i + 1}. ${text}`);
  return [...lines, ...(at === steps.length ? ['> the end'] : [])].join('\n');
}
