import type { Decoder } from '../Decoder';
import { LimitOverrunError } from '../errors';
import type { Needle } from '../Needle';

/**
 * Records through their separator: of several separators the match that ends first counts, of matches that end together
 * the shortest. A record that is longer than the limit is an error that leaves the bytes where they are.
 *
 * @param needles - The separators.
 * @param limit - The longest record in bytes, its separator not counted; default: the limit of the buffer.
 */
export function untilDecoder(needles: readonly Needle[], limit?: number): Decoder<Buffer> {
  const shortestFirst = [...needles].sort((a, b) => a.length - b.length);
  const widest = (shortestFirst[shortestFirst.length - 1] as Needle).length;
  return {
    decode(buffer) {
      const longest = limit ?? buffer.limit;
      let end = Number.POSITIVE_INFINITY;
      let size = 0;
      for (const needle of shortestFirst) {
        const at = buffer.indexOf(needle);
        if (at >= 0 && at + needle.length < end) {
          end = at + needle.length;
          size = at;
        }
      }
      const found = end !== Number.POSITIVE_INFINITY;
      // Without a match, no separator starts before the last `widest - 1` bytes, which may hold the beginning of one.
      if (!found) size = buffer.length - widest + 1;
      if (size > longest) throw new LimitOverrunError(longest, size);
      return found ? buffer.take(end) : undefined;
    },
  };
}
