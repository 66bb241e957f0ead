import { type Codec, type FrameReader, InvalidFrameError, resync } from 'rxjs-tcp';
import { crc16 } from './crc16.js';

// A frame: the marker A5 5A, the length of the body (2 bytes), the body, and the CRC-16 of length and body.

const MARKER = Buffer.from([0xa5, 0x5a]);
const OVERHEAD = 6;

/** The longest body in bytes. It is small, so noise that looks like the start of a frame waits for few bytes. */
export const MAX_BODY = 256;

/**
 * Bodies in frames. Bytes that are in no valid frame are skipped, up to the next marker that leads to one.
 *
 * @param onSkip - Called with the bytes that were skipped.
 */
export function frames(onSkip?: (bytes: Buffer) => void): Codec<Buffer, Uint8Array> {
  return resync({ decode: cut, encode: wrap }, { marker: MARKER, onSkip, maxLength: MAX_BODY + OVERHEAD });
}

function* cut(read: FrameReader) {
  yield* read.skip(MARKER.length);
  const head = yield* read.peek(2);
  const length = head.readUInt16BE();
  if (length === 0 || length > MAX_BODY) throw new InvalidFrameError(`a body of ${length} bytes`, MARKER.length);
  const summed = yield* read.exactly(2 + length);
  if ((yield* read.uint(2)) !== crc16(summed)) throw new InvalidFrameError('the checksum is wrong', 4 + length);
  return summed.subarray(2);
}

function wrap(body: Uint8Array): Buffer {
  if (body.length === 0 || body.length > MAX_BODY) {
    throw new RangeError(`Cannot send a body of ${body.length} bytes: it must have 1 to ${MAX_BODY}`);
  }
  const frame = Buffer.allocUnsafe(body.length + OVERHEAD);
  frame.set(MARKER);
  frame.writeUInt16BE(body.length, 2);
  frame.set(body, 4);
  frame.writeUInt16BE(crc16(frame.subarray(2, 4 + body.length)), 4 + body.length);
  return frame;
}
