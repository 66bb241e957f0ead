import type { Result } from './runCase';
import type { Workload } from './Workload';

const WIDTH = 820;
const BAR = 16;
const STEP = 22;
/** Where the bars begin, and the margin for the number of the longest bar. */
const START = 300;
const MARGIN = 60;

/**
 * A workload as bars: the ratio of each contender to the floor of its case. Each case has its own scale. The colours follow the
 * colour scheme of the reader.
 *
 * @returns An SVG document.
 */
export function plot({ name, title, cases }: Workload, results: readonly Result[]): string {
  const groups = cases.flatMap((one) => {
    const result = results.find((candidate) => candidate.workload === name && candidate.case === one.id);
    const [metric] = one.metrics;
    if (result === undefined || metric === undefined) return [];
    const bars = result.rows.flatMap(({ name, floor, ratios }) => {
      const ratio = ratios?.[metric.key];
      return ratio === undefined ? [] : [{ name, floor, ratio }];
    });
    return [{ title: one.title, metric: metric.title, less: metric.less === true, bars }];
  });
  const parts: string[] = [];
  let y = 56;
  for (const { title, metric, less, bars } of groups) {
    const scale = (WIDTH - START - MARGIN) / Math.max(1, ...bars.map(({ ratio }) => ratio));
    const one = START + scale;
    parts.push(text(16, y, `${title}: ${metric}, ${less ? 'less' : 'more'} is better`, 'case'));
    y += 12;
    const top = y;
    for (const { name, floor, ratio } of bars) {
      const kind = floor ? 'floor' : name.startsWith('rxjs-tcp') ? 'ours' : 'peer';
      const width = Math.max(1, ratio * scale);
      parts.push(text(START - 8, y + 12, name, 'name'));
      parts.push(`<rect class="${kind}" x="${START}" y="${y}" width="${width.toFixed(1)}" height="${BAR}"/>`);
      parts.push(text(START + width + 6, y + 12, ratio.toFixed(2), 'ratio'));
      y += STEP;
    }
    parts.push(`<path class="axis" d="M${START} ${top - 3}V${y}H${WIDTH - MARGIN}"/>`);
    parts.push(`<path class="axis one" d="M${one.toFixed(1)} ${top - 3}V${y}"/>`);
    parts.push(text(START, y + 14, '0', 'tick'), text(one, y + 14, '1 × floor', 'tick'));
    y += 46;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${escaped(title)}">`,
    STYLE,
    `<rect class="page" width="${WIDTH}" height="${y}" rx="6"/>`,
    text(16, 28, `${title}, next to the loop by hand`, 'title'),
    ...parts,
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
  .tick { text-anchor: middle; fill: #57606a }
  .axis { fill: none; stroke: #57606a }
  .floor { fill: #8c959f }
  .ours { fill: #1f6feb }
  .peer { fill: #bf8700 }
  .one { stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .page { fill: #0d1117 }
    .tick { fill: #8d96a0 }
    .axis { stroke: #8d96a0 }
    .floor { fill: #6e7681 }
    .ours { fill: #4493f8 }
    .peer { fill: #d29922 }
  }
</style>`;

function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
