import { asBytes } from '../bytes/asBytes';
import { ByteBuffer } from '../bytes/ByteBuffer';
import { assertByteCount } from '../checks';
import { defaults } from '../defaults';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import type { Codec, Decoder } from './Decoder';
import { lengthField } from './lengthField';

/** How the length is written in front of a payload. */
export interface LengthPrefixedOptions {
  /** The size of the length field: a number of bytes, or an unsigned LEB128 `'varint'`. */
  readonly bytes: 1 | 2 | 3 | 4 | 8 | 'varint';
  /** The order of its bytes. Default `'big'`. */
  readonly endian?: 'big' | 'little' | undefined;
  /** The longest payload in bytes. Default 16 MiB. */
  readonly maxLength?: number | undefined;
  /** Whether the length also counts its own field and the bytes before it. Default `false`. */
  readonly includesPrefix?: boolean | undefined;
  /** Added to the length to get the number of bytes after the field. Default 0. */
  readonly adjustment?: number | undefined;
  /** How many bytes come before the length field; they need `strip: false`. Default 0. */
  readonly offset?: number | undefined;
  /** Whether frames are emitted without their prefix. With `false` they have it, also those to encode. Default `true`. */
  readonly strip?: boolean | undefined;
}

/**
 * Frames that begin with their length.
 *
 *     offset    bytes      as many as the length says, plus `adjustment`
 *     [ head ][ length ][ payload … ]
 *     └───────────────────────────── strip: false ─┘
 *                        └ strip: true ────────────┘
 *
 * A length above `maxLength` is a `LimitOverrunError` as soon as the field has arrived, before any byte of the payload: the
 * next frame begins `consumed` bytes further. An impossible length is an `InvalidFrameError`. With both, the bytes stay.
 *
 * @example
 * ```ts
 * import { decode, lengthPrefixed, StreamReader } from 'rxjs-tcp';
 *
 * const frames = lengthPrefixed({ bytes: 4 });
 * const hi = frames.encode(Buffer.from('hi'));
 * console.log(hi); // → <Buffer 00 00 00 02 68 69>
 * StreamReader.from([hi])
 *   .pipe(decode(frames))
 *   .subscribe((payload) => console.log(`${payload}`)); // → hi
 * ```
 * @param options - The field, and what its number means.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function lengthPrefixed(options: LengthPrefixedOptions): Codec<Buffer, Uint8Array | string> {
  const { maxLength = defaults.maxLength, includesPrefix = false, adjustment = 0, offset = 0, strip = true } = options;
  const field = lengthField(options.bytes, options.endian ?? 'big');
  assertByteCount('maxLength', maxLength);
  assertByteCount('offset', offset);
  if (!Number.isSafeInteger(adjustment)) {
    throw new RangeError(`Cannot use ${adjustment} as adjustment: it must be a whole number of bytes`);
  }
  if (strip && offset > 0) {
    throw new RangeError(`Cannot strip the ${offset} bytes before the length: they would be lost; use strip: false`);
  }
  if (includesPrefix && options.bytes === 'varint') {
    throw new TypeError('Cannot count a varint in its own length: its size depends on it');
  }

  function decode(buffer: ByteBuffer): Buffer | undefined {
    const width = field.width(buffer, offset);
    if (width === undefined) return undefined;
    const written = field.read(buffer, offset, width);
    const prefix = offset + width;
    const length = written + adjustment - (includesPrefix ? prefix : 0);
    if (length < 0)
      throw new InvalidFrameError(`a length of ${written} leaves ${length} bytes for the payload`, offset);
    if (length > maxLength) throw new LimitOverrunError(maxLength, prefix + length);
    const frame = strip ? buffer.look(length, prefix) : buffer.look(prefix + length, 0);
    if (frame !== undefined) buffer.skip(prefix + length);
    return frame;
  }

  function encode(value: Uint8Array | string): Buffer {
    const payload = asBytes(value);
    const { length } = payload;
    if (length > maxLength) throw new LimitOverrunError(maxLength, length);
    const written = length - adjustment + (includesPrefix ? (options.bytes as number) : 0);
    if (written < 0 || written > field.max) {
      throw new RangeError(`Cannot encode a payload of ${length} bytes: its length field would be ${written}`);
    }
    return Buffer.concat([field.write(written), payload]);
  }

  return { decode, encode: strip ? encode : (frame) => asDecoded(asBytes(frame), decode, maxLength) };
}

/** Encodes a frame that has its prefix already. The prefix must be right. */
function asDecoded(frame: Uint8Array, decode: Decoder<Buffer>['decode'], maxLength: number): Uint8Array {
  const buffer = new ByteBuffer(maxLength);
  buffer.append(frame);
  if (decode(buffer, true) === undefined || buffer.length > 0) {
    throw new InvalidFrameError(`its length field does not say that it has ${frame.length} bytes`, 0, 'encode');
  }
  return frame;
}
