import type { Line, Style } from './Line';

/** SGR codes. Without colours, what is chosen is still inverse, and what is bold or dim still is. */
const COLOURS: Record<Style, string> = {
  plain: '',
  dim: '2',
  bold: '1',
  client: '36',
  server: '32',
  held: '33',
  broken: '31;1',
  chosen: '7',
  bar: '7',
};
const WITHOUT: ReadonlySet<Style> = new Set(['client', 'server', 'held', 'broken']);

/** A line as the terminal takes it, cut at `width` columns. A `bar` is filled up to it. */
export function paintLine(line: Line, width: number, coloured: boolean): string {
  let left = width;
  let painted = '';
  for (const { text, style } of line) {
    if (left <= 0) break;
    const shown = [...text].slice(0, left).join('');
    left -= [...shown].length;
    const code = !coloured && WITHOUT.has(style) ? '' : COLOURS[style];
    painted += code === '' ? shown : `\x1b[${code}m${shown}\x1b[0m`;
  }
  const last = line.at(-1)?.style;
  if (last === 'bar' && left > 0) painted += `\x1b[7m${' '.repeat(left)}\x1b[0m`;
  return painted;
}
