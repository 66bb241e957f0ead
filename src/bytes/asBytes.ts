import { isUint8Array } from 'node:util/types';

/**
 * The bytes of a frame to encode. A string means its UTF-8 bytes.
 *
 * @throws `TypeError` for anything else.
 */
export function asBytes(frame: Uint8Array | string): Uint8Array {
  if (isUint8Array(frame)) return frame;
  if (typeof frame === 'string') return Buffer.from(frame);
  throw new TypeError(`Cannot encode a value of type ${typeof frame}: it must be a string or a Uint8Array`);
}
