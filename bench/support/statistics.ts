import type { Values } from './Workload';

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One run of a contender, between two of the floor. */
export interface Bracketed {
  readonly before: Values;
  readonly values: Values;
  readonly after: Values;
}

/** The ratio of a contender's number to the mean of the two floors beside it: the median of its rounds. */
export function ratioOf(runs: readonly Bracketed[], key: string): number {
  return median(runs.map(({ before, values, after }) => values[key]! / ((before[key]! + after[key]!) / 2)));
}

/** How far apart the runs of a floor are: the width of the range that has the middle half of them, as a share of their median. */
export function spreadOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)]!;
    return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
  };
  return (at(0.75) - at(0.25)) / median(sorted);
}
