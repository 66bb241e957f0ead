import type { FaultPlan } from './FaultPlan';
import { type FaultFailure, shrinkFaults } from './shrinkFaults';

/** A plan, and how a conversation fails with it. */
export interface SmallestFailure<F> {
  readonly plan: FaultPlan;
  readonly failure: F;
}

/**
 * Makes a failure small by running the conversation again and again, see {@link shrinkFaults}.
 *
 * @param plan - With which it failed.
 * @param first - How it failed.
 * @param run - Runs it with another plan: gives how it fails, or `undefined`; a promise of that if it takes promises.
 * @returns The smallest failure, or the first one; a promise of it if `run` gives promises.
 */
export function smallestFailure<F extends FaultFailure>(
  plan: FaultPlan,
  first: F,
  run: (plan: FaultPlan) => F | undefined | Promise<F | undefined>,
): SmallestFailure<F> | Promise<SmallestFailure<F>> {
  const steps = shrinkFaults(plan, first);
  const goOn = (answer?: F): SmallestFailure<F> | Promise<SmallestFailure<F>> => {
    let step = steps.next(answer);
    while (!step.done) {
      const found = run(step.value);
      if (found instanceof Promise) return found.then(goOn);
      step = steps.next(found);
    }
    return step.value ?? { plan, failure: first };
  };
  return goOn();
}
