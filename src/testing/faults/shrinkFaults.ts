/**
 * The fewest faults, of the fewest kinds, over which a conversation still fails.
 *
 * Strategy. A fault is drawn for its place, so one that is left out leaves the others where they were. First whole kinds are left out, then
 * halves of what is left, then quarters, at last single faults. After each run that fails, only the faults that this run has met are left.
 */
import type { FaultPlan } from './FaultPlan';

/** How a conversation has failed. */
export interface FaultFailure {
  readonly what: string;
  readonly cause?: unknown;
  /** What it has met, as `only` of a plan has it. */
  readonly faults: readonly string[];
}

/** So many runs at most, and so long, in milliseconds. */
const RUNS = 150;
const TIME = 3000;
/** More faults than that are no small failure: they are not told one by one. */
const MOST = 24;
const KINDS = ['stall', 'jitter', 'coalesce', 'corrupt', 'half-close', 'truncate', 'reset', 'split'];

/**
 * Looks for the smallest failure.
 *
 * @param first - How it failed with all faults of the plan.
 * @returns A generator that yields plans to try, and is told how each fails, or `undefined`. It returns the plan with the fewest faults, and
 *   how that fails; `undefined` if there is no smaller one.
 */
export function* shrinkFaults<F extends FaultFailure>(
  plan: FaultPlan,
  first: F,
): Generator<FaultPlan, { readonly plan: FaultPlan; readonly failure: F } | undefined, F | undefined> {
  // It fails without any fault.
  if (first.faults.length === 0) return undefined;
  const began = process.hrtime.bigint();
  let left = RUNS;
  let best: { plan: FaultPlan; failure: F } | undefined;
  function* fails(changed: FaultPlan, faults: readonly string[]): Generator<FaultPlan, boolean, F | undefined> {
    if (left-- <= 0 || Number(process.hrtime.bigint() - began) > TIME * 1e6) return false;
    const smaller = { ...changed, only: faults };
    const failure = yield smaller;
    if (failure === undefined || kindOf(failure) !== kindOf(first)) return false;
    const met = new Set(failure.faults);
    best = { plan: { ...smaller, only: faults.filter((fault) => met.has(fault)) }, failure };
    return true;
  }

  if (!(yield* fails(plan, [...new Set(first.faults)]))) return undefined;
  const now = () => best as { plan: FaultPlan & { readonly only: readonly string[] }; failure: F };
  for (const name of ['delay', 'throttle'] as const) {
    if (plan[name]) yield* fails({ ...now().plan, [name]: 0 }, now().plan.only);
  }
  for (const kind of KINDS) {
    const others = now().plan.only.filter((fault) => !fault.endsWith(kind));
    if (others.length < now().plan.only.length) yield* fails(now().plan, others);
  }
  for (let size = Math.ceil(now().plan.only.length / 2); size >= 1; ) {
    const before = now().plan.only.length;
    for (let end = before; end > 0; end -= size) {
      const { only } = now().plan;
      const fewer = [...only.slice(0, Math.max(0, end - size)), ...only.slice(end)];
      if (fewer.length < only.length) yield* fails(now().plan, fewer);
    }
    if (left <= 0) break;
    // Single faults again, until none of them can be left out.
    if (size > 1) size = Math.ceil(size / 2);
    else if (now().plan.only.length === before) break;
  }
  return now().plan.only.length > MOST ? undefined : best;
}

/** Another kind of failure is another bug. */
function kindOf({ what, cause }: FaultFailure): string {
  if (cause instanceof Error) return cause.name;
  return what.split('\n', 1)[0]!.replaceAll(/\d+/g, '');
}
