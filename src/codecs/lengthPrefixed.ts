import { assertByteCount } from '../argumentChecks';
import { asBytes } from '../bytes/asBytes';
import { ByteBuffer } from '../bytes/ByteBuffer';
import { defaults } from '../defaults';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import type { Codec, Decoder, RunSink } from './Decoder';
import { lengthField } from './lengthField';
import { runs } from './runs';

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

  const { bytes } = options;
  if (bytes === 'varint' || bytes === 8) runs.add(decode, (buffer, sink) => runEach(buffer, sink, decode));
  else {
    const little = options.endian === 'little';
    const layout = {
      offset,
      bytes,
      little,
      more: adjustment - (includesPrefix ? offset + bytes : 0),
      maxLength,
      strip,
    };
    runs.add(decode, (buffer, sink) => runPrefixed(buffer, sink, layout));
  }
  return { decode, encode: strip ? encode : (frame) => asDecoded(asBytes(frame), decode, maxLength) };
}

interface Layout {
  readonly offset: number;
  readonly bytes: number;
  readonly little: boolean;
  /** What must be added to the number in the field. */
  readonly more: number;
  readonly maxLength: number;
  readonly strip: boolean;
}

/** Frames that are in the first chunk, and have a length that is allowed. */
function runPrefixed(buffer: ByteBuffer, sink: RunSink<Buffer>, layout: Layout): void {
  const { offset, bytes, little, more, maxLength, strip } = layout;
  for (;;) {
    const { head, start } = buffer;
    const field = start + offset;
    const payload = field + bytes;
    if (payload > head.length) return;
    let length = 0;
    if (little) for (let i = payload - 1; i >= field; i--) length = length * 256 + (head[i] as number);
    else for (let i = field; i < payload; i++) length = length * 256 + (head[i] as number);
    length += more;
    const end = payload + length;
    if (length < 0 || length > maxLength || end > head.length) return;
    if (!sink.deliver(buffer.cut(strip ? payload : start, end, end))) return;
  }
}

/** Frames behind a field of another kind. */
function runEach(buffer: ByteBuffer, sink: RunSink<Buffer>, decode: Decoder<Buffer>['decode']): void {
  for (;;) {
    const frame = decode(buffer, false);
    if (frame === undefined || !sink.deliver(frame)) return;
  }
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
