import type { Result, Row } from './runCase';

/** A bound for one number of one contender. */
export interface Goal {
  readonly workload: string;
  readonly case: string;
  readonly contender: string;
  readonly metric: string;
  /** The contender to compare with. Default: the floor. */
  readonly to?: string;
  /** Whether the goal is about the number itself, and not about a ratio. */
  readonly absolute?: boolean;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Checked {
  readonly goal: Goal;
  /** Absent if the contender was not measured: it is not installed, or the workload was not run. */
  readonly measured?: number;
  /** `undefined` if nothing was measured. */
  readonly met?: boolean;
}

/** Compares the results with the goals. It leaves out the goals of workloads that were not run. */
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
