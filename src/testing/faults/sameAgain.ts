import { inspect } from 'node:util';
import type { FaultPlan } from './FaultPlan';

/** The options that repeat a run, as one line of code. */
export function sameAgain(seed: number, plan: FaultPlan): string {
  if (plan.only === undefined) return `{ seed: ${seed}, runs: 1 }`;
  const options = {
    seed,
    runs: 1,
    plan: Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined)),
  };
  return inspect(options, {
    breakLength: Number.POSITIVE_INFINITY,
    depth: null,
    maxArrayLength: null,
    maxStringLength: null,
  });
}
