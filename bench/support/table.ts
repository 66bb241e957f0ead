import { columns } from './columns';
import type { Result } from './runCase';
import type { Metric } from './Workload';

/** The result of one case for people: a row for each contender, the medians of what was measured, the ratios to the floor. */
export function table({ title, rows, spread }: Result, metrics: readonly Metric[]): string {
  const head = [title, ...metrics.flatMap((metric) => [metric.title, ...(metric.ratio === false ? [] : ['× floor'])])];
  const body = rows.map(({ name, values, ratios, trouble = '' }) => {
    if (values === undefined || ratios === undefined) return [`  ${name}`, trouble];
    return [
      `  ${name}`,
      ...metrics.flatMap(({ key, unit, ratio }) => [
        number(values[key]! / unit),
        ...(ratio === false ? [] : [ratios[key]!.toFixed(2)]),
      ]),
    ];
  });
  return `${columns([head, ...body])}\n  the middle half of the floor's runs: ${Math.round(spread * 100)} % wide\n`;
}

/** Three digits, as far as they matter. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value < 10 ? 2 : 1);
}
