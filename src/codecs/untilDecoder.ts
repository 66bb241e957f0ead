import type { Decoder } from './Decoder';
import type { Needle } from '../bytes/Needle';
import { findRecord } from './findRecord';

/**
 * Records through their separator: of several separators the match that ends first counts, of matches that end together
 * the shortest. A record that is longer than the limit is an error that leaves the bytes where they are.
 *
 * @param needles - The separators.
 * @param limit - The longest record in bytes, its separator not counted; default: the limit of the buffer.
 */
export function untilDecoder(needles: readonly Needle[], limit?: number): Decoder<Buffer> {
  return {
    decode(buffer) {
      const record = findRecord(buffer, needles, limit ?? buffer.limit);
      return record && buffer.take(record.end);
    },
  };
}
