import { cells } from './cells';
import type { Result } from './runCase';
import type { Metric, Workload } from './Workload';

const BLOCK = /(<!-- bench: (\S+)(?: (\S+))? -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * Writes results into a document: `<!-- bench: lines 64/strings -->` up to `<!-- end -->` becomes the table of that case,
 * `<!-- bench: machine -->` the machine. Blocks of cases that were not run do not change.
 */
export function refreshDocument(
  document: string,
  workloads: readonly Workload[],
  results: readonly Result[],
  machine: string,
): string {
  return document.replace(BLOCK, (all, start: string, workload: string, id: string | undefined, end: string) => {
    if (workload === 'machine') return `${start}${machine}\n${end}`;
    const one = workloads.find(({ name }) => name === workload)?.cases.find((candidate) => candidate.id === id);
    if (one === undefined) throw new RangeError(`Cannot refresh the document: there is no case ${workload} ${id}`);
    const result = results.find((candidate) => candidate.workload === workload && candidate.case === id);
    return result === undefined ? all : `${start}${markdown(result, one.metrics)}${end}`;
  });
}

function markdown({ title, rows }: Result, metrics: readonly Metric[]): string {
  const head = [title, ...metrics.flatMap((metric) => [metric.title, ...(metric.ratio === false ? [] : ['× floor'])])];
  const body = rows.flatMap(({ name, values, ratios }) => {
    if (values === undefined || ratios === undefined) return [];
    return [[name.startsWith('rxjs-tcp') ? `**${name}**` : name, ...cells(metrics, values, ratios)]];
  });
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |\n`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('');
}
