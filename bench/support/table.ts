import { cells } from './cells';
import { columns } from './columns';
import type { Result } from './runCase';
import type { Metric } from './Workload';

/** The result of one case as text: a row for each contender, with its medians and their ratios to the floor. */
export function table({ title, rows, spread }: Result, metrics: readonly Metric[]): string {
  const head = [title, ...metrics.flatMap((metric) => [metric.title, ...(metric.ratio === false ? [] : ['× floor'])])];
  const body = rows.map(({ name, values, ratios, trouble = '' }) => {
    if (values === undefined || ratios === undefined) return [`  ${name}`, trouble];
    return [`  ${name}`, ...cells(metrics, values, ratios)];
  });
  return `${columns([head, ...body])}\n  the middle half of the floor's runs: ${Math.round(spread * 100)} % wide\n`;
}
