/**
 * Refuses a port that is none; `undefined` is left to whoever asks.
 *
 * @throws `TypeError` for what is no number, `RangeError` for a number out of range.
 */
export function assertPort(port: unknown): void {
  if (port === undefined) return;
  if (typeof port !== 'number') throw new TypeError(`Cannot use ${String(port)} as port: it must be a number`);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return;
  throw new RangeError(`Cannot use ${port} as port: it must be a whole number from 0 to 65535`);
}
