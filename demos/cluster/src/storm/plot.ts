import { quantile, type Second } from './Tally';

const WIDTH = 900;
const PANEL = 150;
const LEFT = 70;
const TOP = 40;
const GAP = 34;

interface Row {
  readonly color: string;
  readonly name: string;
  readonly values: readonly number[];
}

/** The storm as a picture: lines, connected members and delays, second by second, with what was done to the cluster. */
export function plot(all: readonly Second[], title: string): string {
  // The last one is not over.
  const seconds = all.slice(0, -1);
  const panels: readonly (readonly Row[])[] = [
    [
      { color: '#1f77b4', name: 'lines acknowledged a second', values: seconds.map(({ acked }) => acked) },
      { color: '#aaaaaa', name: 'lines said a second', values: seconds.map(({ said }) => said) },
    ],
    [{ color: '#2ca02c', name: 'lines heard a second, by all members', values: seconds.map(({ heard }) => heard) }],
    [{ color: '#9467bd', name: 'members connected', values: seconds.map(({ connected }) => connected) }],
    [
      { color: '#d62728', name: 'delay, 99 % (ms)', values: seconds.map(({ delays }) => quantile(delays, 0.99)) },
      { color: '#ff9896', name: 'delay, median (ms)', values: seconds.map(({ delays }) => quantile(delays, 0.5)) },
    ],
  ];
  const height = TOP + panels.length * (PANEL + GAP) + 10;
  const x = (second: number) => LEFT + (second / Math.max(1, seconds.length - 1)) * (WIDTH - LEFT - 20);
  const events = seconds.flatMap(({ events: names }, second) => names.map((name) => ({ second, name })));
  const marks = events.map(({ second, name }, index) => {
    const at = x(second).toFixed(1);
    // The last ones have their room on the left.
    const anchor = second > seconds.length * 0.85 ? ' text-anchor="end"' : '';
    const label = `<text x="${at}" y="${TOP + 4 + (index % 3) * 11}" class="event"${anchor}>${name}</text>`;
    return `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${height - 20}" class="mark"/>${label}`;
  });
  const drawn = panels.map((rows, index) => panel(rows, TOP + index * (PANEL + GAP) + 22, x));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">
<title>${title}</title>
<style>.mark{stroke:#ddd}.event{fill:#888;font-size:9px}.axis{stroke:#999}</style>
<rect width="100%" height="100%" fill="white"/>
<text x="${LEFT}" y="20" font-size="14">${title}</text>
${marks.join('\n')}
${drawn.join('\n')}
</svg>
`;
}

function panel(rows: readonly Row[], top: number, x: (second: number) => number): string {
  const most = Math.max(1, ...rows.flatMap(({ values }) => values));
  const y = (value: number) => top + PANEL - (value / most) * (PANEL - 16);
  const lines = rows.map(({ color, name, values }, index) => {
    const points = values.map((value, second) => `${x(second).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const label = `<text x="${LEFT + 8}" y="${top + index * 13}" fill="${color}">${name}</text>`;
    return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="1.5"/>${label}`;
  });
  const base = `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(0)}" y2="${y(0)}" class="axis"/>`;
  const scale = `<text x="${LEFT - 6}" y="${y(most) + 4}" text-anchor="end">${Math.round(most)}</text>`;
  return `${base}${scale}<text x="${LEFT - 6}" y="${y(0) + 4}" text-anchor="end">0</text>${lines.join('')}`;
}

const BARS = ' ▁▂▃▄▅▆▇█';

/** The same as a line of text: a bar for each second, the highest with a number. */
export function sparkline(name: string, values: readonly number[]): string {
  const most = Math.max(1, ...values);
  const bars = values.map((value) => BARS[Math.ceil((value / most) * (BARS.length - 1))]);
  return `${name.padEnd(22)} ${bars.join('')} ${Math.round(most)}`;
}
