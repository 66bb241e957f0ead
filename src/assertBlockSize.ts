import { assertByteCount } from './assertByteCount';
import { defaults } from './defaults';
import { LimitOverrunError } from './errors';
import { limitOf } from './limitOf';

/**
 * Throws unless a block of `n` bytes may be read. The peer often says how many they are, so there is always a limit.
 *
 * @param n - How many bytes the block has.
 * @param options - `limit`: the most bytes that it may have, 16 MiB by default.
 * @throws `TypeError` or `RangeError` for a number that is no size of a block, and for a limit below 1; `LimitOverrunError`
 *   above the limit.
 */
export function assertBlockSize(n: number, options?: { readonly limit?: number | undefined }): void {
  assertByteCount('the number of bytes to read', n);
  const limit = limitOf(options) ?? defaults.maxLength;
  if (n > limit) throw new LimitOverrunError(limit, n);
}
