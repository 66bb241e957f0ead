import type { Cores } from './cores';
import { NotInstalled } from './NotInstalled';
import { type Bracketed, median, ratioOf, spreadOf } from './statistics';
import type { Case, RunTime, Values } from './Workload';

/** The result of one contender. */
export interface Row {
  readonly name: string;
  readonly floor: boolean;
  /** The medians of its runs; absent without runs, and without a metric that it does not know. */
  readonly values?: Values;
  /** The ratios to the floor. */
  readonly ratios?: Values;
  /** All runs, in order. */
  readonly runs?: readonly Values[];
  /** Why there were no runs: `not installed`, or the error. */
  readonly trouble?: string;
}

export interface Result {
  readonly workload: string;
  readonly case: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** How far apart the runs of the floor are, in its first metric. */
  readonly spread: number;
}

export interface RunOptions {
  readonly workload: string;
  readonly rounds: number;
  readonly time: RunTime;
  readonly cores: Cores | undefined;
  /** Called before each run. */
  readonly progress?: (contender: string) => void;
}

/** How many runs {@link runCase} takes, if everything is installed. */
export function runsOf({ contenders }: Case, rounds: number): number {
  return rounds * (2 * (Object.keys(contenders).length - 1) + 1);
}

/** Runs all contenders in turn, each between two runs of the floor: floor, one, floor, another, floor. */
export async function runCase(of: Case, { workload, rounds, time, cores, progress }: RunOptions): Promise<Result> {
  const run = (name: string) => {
    progress?.(name);
    return of.run({ workload, case: of.id, name, contender: of.contenders[name]! }, time, cores);
  };
  const names = Object.keys(of.contenders).filter((name) => name !== of.floor);
  const brackets = new Map<string, Bracketed[]>(names.map((name) => [name, []]));
  const troubles = new Map<string, string>();
  const floors: Values[] = [];
  for (let round = 0; round < rounds; round++) {
    let before = await run(of.floor);
    floors.push(before);
    for (const [name, runs] of brackets) {
      let values: Values;
      try {
        values = await run(name);
      } catch (error) {
        troubles.set(name, error instanceof NotInstalled ? 'not installed' : `${(error as Error).message}`);
        brackets.delete(name);
        continue;
      }
      const after = await run(of.floor);
      floors.push(after);
      runs.push({ before, values, after });
      before = after;
    }
  }
  const keys = of.metrics.map(({ key }) => key);
  const each = (runs: readonly Values[], number: (key: string) => number): Values =>
    Object.fromEntries(
      keys.filter((key) => runs.every((values) => values[key] !== undefined)).map((key) => [key, number(key)]),
    );
  const mediansOf = (runs: readonly Values[]) => each(runs, (key) => median(runs.map((values) => values[key]!)));
  const rows = Object.keys(of.contenders).map((name): Row => {
    if (name === of.floor) {
      return {
        name,
        floor: true,
        values: mediansOf(floors),
        ratios: each(floors, () => 1),
        runs: floors,
      };
    }
    const bracketed = brackets.get(name);
    if (bracketed === undefined) return { name, floor: false, trouble: troubles.get(name)! };
    const runs = bracketed.map(({ values }) => values);
    return { name, floor: false, values: mediansOf(runs), ratios: each(runs, (key) => ratioOf(bracketed, key)), runs };
  });
  const [first] = keys as [string];
  const spread = spreadOf(floors.map((floor) => floor[first]!));
  return { workload, case: of.id, title: of.title, rows, spread };
}
