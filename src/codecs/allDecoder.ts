import type { Decoder } from './Decoder';
import { LimitOverrunError } from '../errors';

/**
 * Everything to the end of the stream, as one frame.
 *
 * @param limit - The most bytes that may come.
 */
export function allDecoder(limit: number): Decoder<Buffer> {
  return {
    decode(buffer, ended) {
      const length = buffer.length;
      if (length > limit) throw new LimitOverrunError(limit, length);
      return ended ? buffer.take(length) : undefined;
    },
  };
}
