import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import type { Decoder } from '../../src/codecs/Decoder';

/** The result of a decoder for an input. */
export interface Decoded<T> {
  frames: (T | string)[];
  /** The messages of its errors. */
  errors: unknown[];
  /** The bytes that it left. */
  rest: string;
}

/**
 * Runs a decoder over chunks as a reader does: as often as there are frames after each chunk, once more after the end,
 * and on after an error if it took something. Buffers come out as latin1 strings, so that they print and compare.
 */
export function decodeAll<T>(decoder: Decoder<T>, chunks: Uint8Array[], limit?: number): Decoded<T> {
  const buffer = new ByteBuffer(limit);
  const decoded: Decoded<T> = { frames: [], errors: [], rest: '' };
  let stuck = false;
  const drain = (ended: boolean) => {
    while (!stuck && !(ended && buffer.length === 0)) {
      const before = buffer.length;
      try {
        const frame = decoder.decode(buffer, ended);
        if (frame === undefined) return;
        decoded.frames.push(Buffer.isBuffer(frame) ? frame.toString('latin1') : frame);
      } catch (error) {
        decoded.errors.push(error);
        stuck = buffer.length === before;
      }
    }
  };
  for (const chunk of chunks) {
    buffer.append(chunk);
    drain(false);
  }
  drain(true);
  decoded.rest = buffer.peek(buffer.length).toString('latin1');
  return decoded;
}
