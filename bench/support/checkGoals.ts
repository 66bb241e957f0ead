import type { Result, Row } from './runCase';

/** A bound for one number of one contender. */
export interface Goal {
  readonly workload: string;
  readonly case: string;
  readonly contender: string;
  readonly metric: string;
  /** Which contender it is compared with: by default the floor. */
  readonly to?: string;
  /** Whether it is the number itself that counts, and no ratio. */
  readonly absolute?: boolean;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Checked {
  readonly goal: Goal;
  /** None where the contender was not measured: it is not installed, or the workload was not run. */
  readonly measured?: number;
  /** Undefined where nothing was measured. */
  readonly met?: boolean;
}

/** Compares what was measured with the goals; those of workloads that were not run are left out. */
export function checkGoals(results: readonly Result[], goals: readonly Goal[]): Checked[] {
  const run = new Set(results.map(({ workload }) => workload));
  return goals
    .filter(({ workload }) => run.has(workload))
    .map((goal) => {
      const rows = results.find((result) => result.workload === goal.workload && result.case === goal.case)?.rows ?? [];
      const measured = measure(goal, rows);
      if (measured === undefined) return { goal };
      const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
      return { goal, measured, met: measured >= atLeast && measured <= atMost };
    });
}

function measure({ contender, to, metric, absolute = false }: Goal, rows: readonly Row[]): number | undefined {
  const row = (name: string) => rows.find((candidate) => candidate.name === name);
  if (absolute) return row(contender)?.values?.[metric];
  const ratio = row(contender)?.ratios?.[metric];
  if (to === undefined || ratio === undefined) return ratio;
  const other = row(to)?.ratios?.[metric];
  return other === undefined ? undefined : ratio / other;
}
