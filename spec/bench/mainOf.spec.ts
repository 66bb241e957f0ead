// Proves that the default run has everything that the goals compare, and not everything else.
import { goals } from '../../bench/goals';
import { mainOf } from '../../bench/support/mainOf';
import { runsOf } from '../../bench/support/runCase';
import type { Case } from '../../bench/support/Workload';
import { workloads } from '../../bench/workloads';

const program = { command: '', args: [] };
const made = (main?: readonly string[]): Case => ({
  id: 'made-up',
  title: 'a case',
  metrics: [],
  floor: 'floor',
  contenders: { floor: program, one: program, two: program },
  ...(main === undefined ? {} : { main }),
  run: async () => ({}),
});

describe('mainOf', () => {
  it('returns the contenders that a case names, and its floor', () => {
    expect(Object.keys(mainOf(made(['two']))!.contenders)).toEqual(['floor', 'two']);
    expect(Object.keys(mainOf(made())!.contenders)).toEqual(['floor', 'one', 'two']);
    expect(mainOf(made([]))).toBeUndefined();
    expect(() => mainOf(made(['three']))).toThrow('Cannot run three: a case has no such contender');
  });

  const cases = workloads.flatMap(({ name, cases }) => cases.map((one) => ({ workload: name, one })));

  it.each(goals)(
    'includes the contenders that the goals compare: $workload $case, $contender',
    ({ workload, case: id, contender, to }) => {
      const { one } = cases.find((other) => other.workload === workload && other.one.id === id)!;
      const names = Object.keys(mainOf(one)?.contenders ?? {});
      expect(names).toContain(contender);
      if (to !== undefined) expect(names).toContain(to);
    },
  );

  it('needs less than half as many runs as all contenders', () => {
    const runs = (all: readonly Case[]) => all.reduce((sum, one) => sum + runsOf(one, one.rounds ?? 3), 0);
    const all = cases.map(({ one }) => one);
    expect(runs(all.flatMap((one) => mainOf(one) ?? [])) / runs(all)).toBeLessThan(0.5);
  });
});
