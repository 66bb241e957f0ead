import { assertByteCount } from './assertByteCount';

/**
 * The limit that a read was given, checked.
 *
 * @throws `TypeError` or `RangeError` for a limit that is no number of bytes from 1 on.
 */
export function limitOf(options: { readonly limit?: number | undefined } | undefined): number | undefined {
  const limit = options?.limit;
  if (limit !== undefined) assertByteCount('limit', limit, 1, Number.POSITIVE_INFINITY);
  return limit;
}
