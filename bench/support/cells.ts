import { number } from './number';
import type { Metric, Values } from './Workload';

/** The cell of a number that a contender does not know. */
const NONE = '–';

/** The numbers of a row, each in its unit, and with its ratio to the floor if that is useful. */
export function cells(metrics: readonly Metric[], values: Values, ratios: Values): string[] {
  return metrics.flatMap(({ key, unit, ratio }) => {
    const value = values[key];
    const toFloor = ratios[key];
    const first = value === undefined ? NONE : number(value / unit);
    return ratio === false ? [first] : [first, toFloor === undefined ? NONE : toFloor.toFixed(2)];
  });
}
