import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Needle } from '../bytes/Needle';
import { LimitOverrunError } from '../errors';

/**
 * Finds the end of a record: of several separators, the match that ends first. If several end together, the shortest.
 *
 * @param needles - The separators.
 * @param limit - The longest record in bytes, its separator not counted.
 * @param from - Where the record starts, in bytes from the front.
 * @returns Where its separator starts and ends, in bytes from the front; `undefined` if the separator has not arrived.
 * @throws `LimitOverrunError` as soon as it is certain that the record is too long. Its `consumed` counts from the front, where
 *   the frame of the record starts. Nothing is consumed.
 */
export function findRecord(
  buffer: ByteBuffer,
  needles: readonly Needle[],
  limit: number,
  from = 0,
): { readonly start: number; readonly end: number } | undefined {
  const match = buffer.search(needles, from);
  // Without a match, a separator can only begin in the last few bytes.
  const certain = (match?.start ?? buffer.length - widest(needles) + 1) - from;
  if (certain > limit) throw new LimitOverrunError(limit, from + certain);
  return match;
}

function widest(needles: readonly Needle[]): number {
  return needles.reduce((most, { length }) => Math.max(most, length), 0);
}
