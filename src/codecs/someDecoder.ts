import type { Decoder } from './Decoder';

/**
 * What has arrived, as it arrived: chunk by chunk, never joined.
 *
 * @param max - The most bytes to take at once.
 */
export function someDecoder(max = Number.POSITIVE_INFINITY): Decoder<Buffer> {
  return { decode: (buffer) => (buffer.length === 0 ? undefined : buffer.takeChunk(max)) };
}
