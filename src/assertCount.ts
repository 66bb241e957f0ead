/**
 * Refuses a number of things that is none; `undefined` is the default.
 *
 * @throws `TypeError` for what is no number, `RangeError` for less than 1 or a fraction.
 */
export function assertCount(what: string, count: unknown): void {
  if (count === undefined) return;
  if (typeof count !== 'number') throw new TypeError(`Cannot use ${String(count)} as ${what}: it must be a number`);
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`Cannot use ${count} as ${what}: it must be a whole number of at least 1`);
  }
}
