/** A time span in microseconds, for people: `5 µs`, `20 ms`, `1.5 s`, `2 min`. */
export function showTime(time: number): string {
  if (time < 1000) return `${Math.round(time)} µs`;
  if (time < 10_000) return `${rounded(time / 1000, 1)} ms`;
  if (time < 1_000_000) return `${Math.round(time / 1000)} ms`;
  if (time < 60_000_000) return `${rounded(time / 1_000_000, 1)} s`;
  return `${rounded(time / 60_000_000, 1)} min`;
}

function rounded(value: number, digits: number): string {
  return `${Number(value.toFixed(digits))}`;
}
