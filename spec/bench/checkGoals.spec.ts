import { goals } from '../../bench/goals';
import { checkGoals, type Goal } from '../../bench/support/checkGoals';
import type { Result } from '../../bench/support/runCase';
import { workloads } from '../../bench/workloads';

const results: Result[] = [
  {
    workload: 'lines',
    case: '64',
    title: '',
    spread: 0,
    rows: [
      { name: 'floor', floor: true, values: { rate: 10, ms: 4 }, ratios: { rate: 1, ms: 1 } },
      { name: 'ours', floor: false, values: { rate: 20, ms: 6 }, ratios: { rate: 2, ms: 1.5 } },
      { name: 'other', floor: false, values: { rate: 5, ms: 8 }, ratios: { rate: 0.5, ms: 2 } },
      { name: 'missing', floor: false, trouble: 'not installed' },
    ],
  },
];

function check(goal: Partial<Goal>) {
  const whole = { workload: 'lines', case: '64', contender: 'ours', metric: 'rate', ...goal };
  return checkGoals(results, [whole]).map(({ measured, met }) => [measured, met]);
}

describe('checkGoals', () => {
  it('calls a goal met at its bound, and missed beyond it', () => {
    expect(check({ atLeast: 2 })).toEqual([[2, true]]);
    expect(check({ atLeast: 2.01 })).toEqual([[2, false]]);
    expect(check({ metric: 'ms', atMost: 1.5 })).toEqual([[1.5, true]]);
    expect(check({ metric: 'ms', atMost: 1.49 })).toEqual([[1.5, false]]);
  });

  it('compares with another contender', () => {
    expect(check({ to: 'other', atLeast: 4 })).toEqual([[4, true]]);
    expect(check({ to: 'other', atLeast: 4.1 })).toEqual([[4, false]]);
  });

  it('uses the number itself for an absolute goal', () => {
    expect(check({ metric: 'ms', absolute: true, atMost: 5 })).toEqual([[6, false]]);
  });

  it('calls a goal neither met nor missed when nothing was measured', () => {
    const nothing = [[undefined, undefined]];
    expect(check({ contender: 'missing', atLeast: 1 })).toEqual(nothing);
    expect(check({ to: 'missing', atLeast: 1 })).toEqual(nothing);
    expect(check({ case: '16', atLeast: 1 })).toEqual(nothing);
  });

  it('leaves out a goal whose workload was not run', () => expect(check({ workload: 'idle', atLeast: 1 })).toEqual([]));
});

describe('the goals of the library', () => {
  it.each(goals)('name something measured: $workload $case, $contender, $metric', (goal) => {
    const one = workloads.find(({ name }) => name === goal.workload)?.cases.find(({ id }) => id === goal.case);
    expect(Object.keys(one?.contenders ?? {})).toEqual(
      expect.arrayContaining(goal.to === undefined ? [goal.contender] : [goal.contender, goal.to]),
    );
    expect(one?.metrics.map(({ key }) => key)).toContain(goal.metric);
    expect((goal.atLeast === undefined) !== (goal.atMost === undefined)).toBe(true);
  });
});
