import { NotInstalled } from '../../bench/support/NotInstalled';
import { runCase, runsOf } from '../../bench/support/runCase';
import { table } from '../../bench/support/table';
import type { Case, Values } from '../../bench/support/Workload';

/** A case whose runs are made up: each contender's numbers, one after the other. */
function scripted(numbers: Record<string, (number | Error)[]>): { of: Case; ran: string[] } {
  const ran: string[] = [];
  const left = new Map(Object.entries(numbers).map(([name, all]) => [name, [...all]]));
  const of: Case = {
    id: 'made-up',
    title: 'a case',
    metrics: [{ key: 'rate', title: 'k/s', unit: 1000 }],
    floor: 'floor',
    contenders: Object.fromEntries(Object.keys(numbers).map((name) => [name, { command: '', args: [] }])),
    async run({ name }): Promise<Values> {
      ran.push(name);
      const number = left.get(name)?.shift();
      if (number instanceof Error) throw number;
      return { rate: number! };
    },
  };
  return { of, ran };
}

const options = { workload: 'w', rounds: 2, time: { warm: 0, timed: 0 }, cores: undefined };

describe('runCase', () => {
  it('runs each contender between two runs of the floor, in every round', async () => {
    const { of, ran } = scripted({ floor: [10, 10, 10, 20, 20, 20], one: [20, 30], two: [5, 10] });
    const { rows, spread } = await runCase(of, options);
    expect(ran.join(' ')).toBe('floor one floor two floor floor one floor two floor');
    expect(ran).toHaveLength(runsOf(of, 2));
    expect(rows).toMatchObject([
      { name: 'floor', floor: true, values: { rate: 15 }, ratios: { rate: 1 } },
      { name: 'one', floor: false, values: { rate: 25 }, ratios: { rate: 1.75 } },
      { name: 'two', floor: false, values: { rate: 7.5 }, ratios: { rate: 0.5 } },
    ]);
    expect(rows.map(({ runs }) => runs?.map(({ rate }) => rate).join(' '))).toEqual([
      '10 10 10 20 20 20',
      '20 30',
      '5 10',
    ]);
    expect(spread).toBeCloseTo(10 / 15);
  });

  it('skips contenders that are not installed or fail, and reports them', async () => {
    const numbers = {
      floor: [10, 10, 10, 10],
      gone: [new NotInstalled('gone')],
      bad: [new Error('oh')],
      one: [20, 20],
    };
    const { of, ran } = scripted(numbers);
    const result = await runCase(of, options);
    expect(ran.join(' ')).toBe('floor gone bad one floor floor one floor');
    expect(result.rows.map(({ name, trouble, ratios }) => [name, trouble ?? ratios?.rate])).toEqual([
      ['floor', 1],
      ['gone', 'not installed'],
      ['bad', 'oh'],
      ['one', 2],
    ]);
    const lines = table(result, of.metrics).split('\n');
    expect(lines[2]).toMatch(/gone +not installed$/);
    expect(lines[4]).toMatch(/one +0\.02 +2\.00$/);
  });

  it('leaves out numbers that a contender does not have', async () => {
    const { of } = scripted({ floor: [10, 10, 10], one: [20, 20] });
    const metrics = [...of.metrics, { key: 'heap', title: 'heap', unit: 1 }];
    const run: Case['run'] = async (running, time, cores) => {
      const values = await of.run(running, time, cores);
      return running.name === 'floor' ? { ...values, heap: 4 } : values;
    };
    const result = await runCase({ ...of, metrics, run }, { ...options, rounds: 1 });
    expect(result.rows.map(({ values, ratios }) => [values, ratios])).toEqual([
      [
        { rate: 10, heap: 4 },
        { rate: 1, heap: 1 },
      ],
      [{ rate: 20 }, { rate: 2 }],
    ]);
    expect(JSON.stringify(result)).not.toContain('null');
    const lines = table(result, metrics).split('\n');
    expect(lines[1]).toMatch(/floor +0\.01 +1\.00 +4\.00 +1\.00$/);
    expect(lines[2]).toMatch(/one +0\.02 +2\.00 +– +–$/);
  });

  it('throws when the floor fails', async () => {
    const { of } = scripted({ floor: [new Error('oh')], one: [] });
    await expect(runCase(of, options)).rejects.toThrow('oh');
  });
});
