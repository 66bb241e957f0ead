/** Numbers for people, short and of a known width. */

const UNITS = ['B', 'k', 'M', 'G', 'T'] as const;

/** At most 5 characters: `12 B`, `1.2 k`, `345 M`. A thousand is 1024. */
export function showBytes(bytes: number): string {
  let unit = 0;
  let size = bytes;
  for (; Math.round(size) >= 1000 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

/** `5,000` */
export function showCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** At most 6 characters: `350 ms`, `1.2 s`, `59 s`, `12 min`, `5 h`, `3 d`. */
export function showTime(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  if (seconds < 5_970) return `${Math.round(seconds / 60)} min`;
  if (seconds < 171_000) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const BARS = '▁▂▃▄▅▆▇█';

/** The newest values as bars, as high as the highest of them. */
export function showBars(values: readonly number[], width: number): string {
  if (width <= 0) return '';
  const shown = values.slice(-width);
  const most = Math.max(...shown, 1);
  return shown.map((value) => BARS[Math.min(7, Math.floor((value / most) * 7.99))]).join('');
}
