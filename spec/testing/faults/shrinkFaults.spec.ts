// Proves that a failure is reduced to the faults that it takes, and that another failure is not taken for it.
import type { FaultPlan } from 'rxjs-tcp/testing';
import { type FaultFailure, shrinkFaults } from '../../../src/testing/faults/shrinkFaults';
import { smallestFailure } from '../../../src/testing/faults/smallestFailure';

const all = Array.from({ length: 60 }, (_, i) => `a->b byte ${i * 10} ${['split', 'jitter', 'stall'][i % 3]}`);
const met = (plan: FaultPlan) => all.filter((fault) => plan.only?.includes(fault) ?? true);
const failed = (plan: FaultPlan, what = 'it fails, at 5 ms'): FaultFailure => ({ what, faults: met(plan) });
const needs =
  (...faults: string[]) =>
  (plan: FaultPlan) =>
    faults.every((fault) => met(plan).includes(fault)) ? failed(plan) : undefined;

describe('shrinkFaults', () => {
  it.each([[[all[0]!]], [[all[59]!]], [[all[3]!, all[4]!, all[58]!]], [[]]])('leaves only %j', (faults) => {
    const small = smallestFailure({ piece: 10 }, failed({}), needs(...faults));
    expect(small).toMatchObject({ plan: { piece: 10, only: faults }, failure: { faults } });
  });

  it('leaves only what is needed when runs are promises', async () => {
    const run = async (plan: FaultPlan) => needs(all[7]!)(plan);
    expect((await smallestFailure({}, failed({}), run)).plan).toEqual({ only: [all[7]] });
  });

  it('takes delay and throttle away if they are not needed', () => {
    const run = (plan: FaultPlan) => (plan.delay ? needs(all[1]!)(plan) : undefined);
    expect(smallestFailure({ delay: 5, throttle: 9 }, failed({}), run)).toMatchObject({
      plan: { delay: 5, throttle: 0, only: [all[1]] },
    });
  });

  it('does not take another failure for it', () => {
    const run = (plan: FaultPlan) => needs(all[0]!, all[1]!)(plan) ?? failed(plan, 'it has another bug, at 7 ms');
    expect(smallestFailure({}, failed({}), run)).toMatchObject({ plan: { only: [all[0], all[1]] } });
  });

  it('keeps the first failure if it does not fail again, if there are no faults, or if it takes very many', () => {
    const first = failed({});
    expect(smallestFailure({ piece: 1 }, first, () => undefined)).toEqual({ plan: { piece: 1 }, failure: first });
    let runs = 0;
    const none = { what: 'it fails', faults: [] };
    const count = () => {
      runs++;
      return none;
    };
    expect(smallestFailure({}, none, count)).toEqual({ plan: {}, failure: none });
    expect(runs).toBe(0);
    expect(smallestFailure({}, first, needs(...all.slice(0, 40)))).toEqual({ plan: {}, failure: first });
  });

  it('stops after 150 runs', () => {
    const steps = shrinkFaults({}, failed({}));
    let runs = 0;
    let step = steps.next();
    while (!step.done) {
      runs++;
      step = steps.next(needs(...all.filter((_, i) => i % 2 === 0))(step.value));
    }
    expect(runs).toBeLessThanOrEqual(150);
  });
});
