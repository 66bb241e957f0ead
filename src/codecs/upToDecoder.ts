import type { Decoder } from './Decoder';

/**
 * All that has arrived, joined, up to a size.
 *
 * @param max - The most bytes to take at once.
 */
export function upToDecoder(max: number): Decoder<Buffer> {
  return { decode: (buffer) => (buffer.length === 0 ? undefined : buffer.take(Math.min(max, buffer.length))) };
}
