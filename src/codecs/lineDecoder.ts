import type { Decoder } from './Decoder';
import { LimitOverrunError } from '../errors';
import { Needle } from '../bytes/Needle';

const NEWLINE = Needle.of('\n');

/**
 * Lines as bytes, through their `\n`; the unterminated rest at the end of the stream is the last one.
 *
 * A line that is longer than the limit is dropped through its end, also the part of it that has not arrived yet.
 *
 * @param limit - The longest line in bytes, its `\n` not counted; default: the limit of the buffer.
 */
export function lineDecoder(limit?: number): Decoder<Buffer> {
  return {
    decode(buffer, ended) {
      const longest = limit ?? buffer.limit;
      const at = buffer.indexOf(NEWLINE);
      const length = at < 0 ? buffer.length : at;
      if (length > longest) {
        buffer.skipThrough([NEWLINE]);
        throw new LimitOverrunError(longest, length);
      }
      if (at >= 0) return buffer.take(at + 1);
      return ended && length > 0 ? buffer.take(length) : undefined;
    },
  };
}
