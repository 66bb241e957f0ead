/** Microseconds as milliseconds with three decimals: `12.345 ms`. */
export function showWireTime(time: number): string {
  return `${(time / 1000).toFixed(3)} ms`;
}
