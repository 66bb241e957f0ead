const UNITS = [
  ['µs', 1],
  ['ms', 1e3],
  ['s', 1e6],
  ['min', 6e7],
] as const;

/** A duration in the unit that makes it legible: `12.3 ms`. */
export function durationText(microseconds: number): string {
  const size = Math.abs(microseconds);
  const [unit, factor] = size < 1e3 ? UNITS[0] : size < 1e6 ? UNITS[1] : size < 12e7 ? UNITS[2] : UNITS[3];
  const value = microseconds / factor;
  const digits = Math.abs(value) >= 100 || factor === 1 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** A number of bytes: `1.4 kB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** The wall clock with milliseconds. */
export function clockText(microseconds: number): string {
  const date = new Date(microseconds / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** One line of an axis. */
export interface Tick {
  readonly time: number;
  readonly label: string;
}

/**
 * The lines of a time axis, about 100 pixels apart. Where the numbers would be long, they count from `anchor`, which is shown
 * once: `12.345 s`, then `+20 µs`, `+40 µs`.
 */
export function ticksOf(from: number, span: number, width: number): { anchor: string; ticks: Tick[] } {
  const step = niceStep((span / width) * 100);
  const factor = step < 1e3 ? 1 : step < 1e6 ? 1e3 : step < 6e7 ? 1e6 : 6e7;
  const unit = UNITS.find(([, size]) => size === factor)![0];
  const last = Math.max(Math.abs(from), Math.abs(from + span));
  const base = last / step > 2000 ? Math.floor(from / (step * 10)) * step * 10 : 0;
  const digits = step / factor < 1 ? 1 : 0;
  const ticks: Tick[] = [];
  for (let n = Math.ceil((from - base) / step); base + n * step <= from + span; n += 1) {
    const value = (n * step) / factor;
    ticks.push({ time: base + n * step, label: `${base !== 0 ? '+' : ''}${value.toFixed(digits)} ${unit}` });
  }
  return { anchor: base === 0 ? '' : anchorText(base), ticks };
}

function anchorText(microseconds: number): string {
  const seconds = microseconds / 1e6;
  return `${seconds.toFixed(6).replace(/(\.\d{3}?)(0{3})$/, '$1')} s`;
}

/** 1, 2 or 5 of a power of ten; in minutes 1, 2, 5, 10, 15, 30. */
function niceStep(least: number): number {
  if (least > 2e7) {
    const minutes = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];
    return (minutes.find((value) => value * 6e7 >= least) ?? 1440 * Math.ceil(least / 8.64e10)) * 6e7;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-3)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}
