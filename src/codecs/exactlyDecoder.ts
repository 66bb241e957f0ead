import type { Decoder } from '../Decoder';
import { IncompleteReadError } from '../errors';

/**
 * Blocks of `size` bytes.
 *
 * @param size - How many bytes a block has; at least 1.
 */
export function exactlyDecoder(size: number): Decoder<Buffer> {
  return {
    decode(buffer, ended) {
      const length = buffer.length;
      if (length >= size) return buffer.take(size);
      if (ended && length > 0) throw new IncompleteReadError(buffer.take(length), size);
      return undefined;
    },
  };
}
