import { median, ratioOf, spreadOf } from '../../bench/support/statistics';

describe('statistics of the bench', () => {
  it('median() returns the middle number, or the mean of the middle two', () => {
    expect(median([10, 1, 2])).toBe(2);
    expect(median([10, 1, 2, 4])).toBe(3);
    expect(median([5])).toBe(5);
  });

  it('ratioOf() compares each run with the mean of the two floors beside it, and returns the median of the rounds', () => {
    const run = (before: number, value: number, after: number) => ({
      before: { rate: before },
      values: { rate: value },
      after: { rate: after },
    });
    // The machine became twice as slow within the second round, and stayed so: the ratio did not change.
    expect(ratioOf([run(10, 20, 10), run(10, 15, 5), run(5, 10, 5)], 'rate')).toBe(2);
    expect(ratioOf([run(10, 1, 10), run(10, 20, 10), run(10, 30, 10)], 'rate')).toBe(2);
  });

  it('spreadOf() is the width of the middle half of the runs', () => {
    expect(spreadOf([100, 100, 100])).toBe(0);
    expect(spreadOf([90, 95, 100, 105, 110])).toBeCloseTo(0.1);
    expect(spreadOf([95, 100, 105, 1000])).toBeGreaterThan(0.1);
  });
});
