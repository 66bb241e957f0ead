import type { Result } from './runCase';
import type { Workload } from './Workload';

const WIDTH = 820;
const LABELS = 290;
const BAR = 16;
const STEP = 22;
const SPACE = LABELS + 50;

/**
 * A workload as bars: how each contender stands to the floor of its case. The colours follow the reader's scheme.
 *
 * @returns An SVG document.
 */
export function plot({ name, title, cases }: Workload, results: readonly Result[]): string {
  const groups = cases.flatMap((one) => {
    const result = results.find((candidate) => candidate.workload === name && candidate.case === one.id);
    const [metric] = one.metrics;
    if (result === undefined || metric === undefined) return [];
    const bars = result.rows.flatMap(({ name, floor, ratios }) =>
      ratios === undefined ? [] : [{ name, floor, ratio: ratios[metric.key]! }],
    );
    return [{ title: one.title, metric: metric.title, less: metric.less === true, bars }];
  });
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)));
  const scale = (WIDTH - SPACE - 20) / most;
  const parts: string[] = [];
  let y = 56;
  for (const { title, metric, less, bars } of groups) {
    parts.push(text(16, y, `${title}: ${metric}, ${less ? 'less' : 'more'} is better`, 'case'));
    y += 12;
    const top = y;
    for (const { name, floor, ratio } of bars) {
      const kind = floor ? 'floor' : name.startsWith('rxjs-tcp') ? 'ours' : 'peer';
      parts.push(text(LABELS, y + 12, name, 'name'));
      parts.push(
        `<rect class="${kind}" x="${LABELS + 8}" y="${y}" width="${Math.max(1, ratio * scale).toFixed(1)}" height="${BAR}"/>`,
      );
      parts.push(text(LABELS + 14 + ratio * scale, y + 12, ratio.toFixed(2), 'ratio'));
      y += STEP;
    }
    const one = (LABELS + 8 + scale).toFixed(1);
    parts.push(`<line class="one" x1="${one}" x2="${one}" y1="${top - 3}" y2="${y - 3}"/>`);
    y += 24;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 10}" width="${WIDTH}" height="${y + 10}" role="img" aria-label="${escaped(title)}">`,
    STYLE,
    `<rect class="page" width="${WIDTH}" height="${y + 10}" rx="6"/>`,
    text(16, 28, title, 'title'),
    ...parts,
    text(LABELS + 8, y - 4, '× the floor of the same case (dashed: 1)', 'axis'),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .page { fill: #ffffff }
  .title { font-size: 16px; font-weight: 600 }
  .case { font-weight: 600 }
  .name { text-anchor: end }
  .axis { fill: #57606a }
  .floor { fill: #8c959f }
  .ours { fill: #1f6feb }
  .peer { fill: #bf8700 }
  .one { stroke: #57606a; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .page { fill: #0d1117 }
    .axis { fill: #8d96a0 }
    .floor { fill: #6e7681 }
    .ours { fill: #4493f8 }
    .peer { fill: #d29922 }
    .one { stroke: #8d96a0 }
  }
</style>`;

function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
