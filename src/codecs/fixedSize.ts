import { assertByteCount } from '../argumentChecks';
import { asBytes } from '../bytes/asBytes';
import { InvalidFrameError } from '../errors';
import type { Codec } from './Decoder';
import { blockDecoder } from './readDecoders';

/**
 * Records that all have the same size.
 *
 * @example
 * ```ts
 * import { decode, fixedSize, StreamReader } from 'rxjs-tcp';
 *
 * StreamReader.from([Buffer.of(0, 1, 0), Buffer.of(2)])
 *   .pipe(decode(fixedSize(2)))
 *   .subscribe((record) => console.log(record.readUInt16BE()));
 * // → 1
 * // → 2
 * ```
 * @param size - How many bytes a record has; at least 1.
 * @returns A codec; it refuses to encode a record of another size, with an `InvalidFrameError`.
 * @throws `TypeError` or `RangeError` for an invalid size.
 */
export function fixedSize(size: number): Codec<Buffer, Uint8Array | string> {
  assertByteCount('size', size, 1);
  return {
    decode: blockDecoder(size).decode,
    encode(value) {
      const record = asBytes(value);
      if (record.length === size) return record;
      const reason = `it has ${record.length} bytes instead of ${size}`;
      throw new InvalidFrameError(reason, Math.min(size, record.length), 'encode');
    },
  };
}
