const UNITS = { 1000: ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 1024: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] } as const;

/**
 * A number of bytes for people: `12 B`, `1.2 kB`, `64 KiB`.
 *
 * @param base - 1000 for what has passed, 1024 for what waits in memory, as the limits have it.
 */
export function showSize(bytes: number, base: 1000 | 1024 = 1000): string {
  let unit = 0;
  let size = bytes;
  for (; Math.round(size) >= base && unit < 5; unit++) size /= base;
  const digits = unit > 0 && size < 9.95 && !Number.isInteger(size) ? 1 : 0;
  return `${size.toFixed(digits)} ${UNITS[base][unit]}`;
}
