import { isUint8Array } from 'node:util/types';

/**
 * How many bytes a chunk has: of a string its UTF-8 bytes.
 *
 * @throws `TypeError` for anything else.
 */
export function measure(chunk: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk);
  if (isUint8Array(chunk)) return chunk.byteLength;
  throw new TypeError(`Cannot write a value of type ${typeof chunk}: it must be a string or a Uint8Array`);
}
