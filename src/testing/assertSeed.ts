/**
 * Throws unless `seed` is a whole number of at most 32 bits.
 *
 * @throws `TypeError` for anything but a number, `RangeError` for one that is not whole or has more than 32 bits.
 */
export function assertSeed(seed: unknown): void {
  if (typeof seed !== 'number') throw new TypeError(`Cannot use ${String(seed)} as a seed: it must be a number`);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  throw new RangeError(`Cannot use ${seed} as a seed: it must be a whole number from 0 to ${2 ** 32 - 1}`);
}
