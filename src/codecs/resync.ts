import { assertByteCount } from '../argumentChecks';
import type { ByteBuffer } from '../bytes/ByteBuffer';
import { Needle, type Separator } from '../bytes/Needle';
import { defaults } from '../defaults';
import type { Codec, Decoder, Encoder, GeneratorCodec, SearchingDecoder } from './Decoder';
import { FrameSearch } from './FrameSearch';
import type { FrameGenerator } from './generatorDecoder';
import { type FrameCutter, toFraming } from './toFraming';

/** How {@link resync} finds the next frame. */
export interface ResyncOptions {
  /** What every frame begins with: a string (its UTF-8 bytes), bytes, or a list of them. */
  readonly marker: Separator;
  /**
   * Called with the bytes that were skipped, before the frame behind them is emitted. Bytes that lie between two frames may
   * come in several calls, as they arrive.
   */
  readonly onSkip?: ((bytes: Buffer) => void) | undefined;
  /** The longest frame of a generator in bytes. Default 16 MiB. */
  readonly maxLength?: number | undefined;
}

/**
 * A codec for a line with noise: it skips to the next start marker that leads to a valid frame.
 *
 * A frame is valid if the codec returns it. It is a false start if the codec throws an `InvalidFrameError` (a wrong checksum) or a
 * `LimitOverrunError`. Then the search goes on one byte behind the marker, also inside the bytes of the false start, so good
 * frames in there are found. A false start that announces more bytes than will come is only known at the end of the stream,
 * or with `decode(…, { frameTimeout, onTimeout: 'drop' })`: so give the codec the smallest `maxLength` that your protocol allows.
 *
 * The work is linear in the bytes that arrive, whatever a hostile peer sends. If the bytes of false starts overlap 64 times on
 * average, or if every tenth byte is a false start for long, markers are skipped untried until more bytes arrive.
 *
 * @example
 * ```ts
 * import { decode, InvalidFrameError, resync, StreamReader } from 'rxjs-tcp';
 *
 * // A start byte, a length, the payload, and the sum of the payload's bytes.
 * const frames = resync(
 *   function* (read) {
 *     yield* read.skip(1);
 *     const payload = yield* read.exactly(yield* read.uint(1));
 *     const sum = payload.reduce((all, byte) => (all + byte) & 255, 0);
 *     if ((yield* read.uint(1)) !== sum) throw new InvalidFrameError('the sum is wrong', 2 + payload.length);
 *     return `${payload}`;
 *   },
 *   { marker: '$', onSkip: (bytes) => console.log(`skipped ${bytes.length}`) },
 * );
 * StreamReader.from([Buffer.from('??$\x01AA$\x01C'), Buffer.from('!$\x01DD')])
 *   .pipe(decode(frames))
 *   .subscribe((frame) => console.log(frame));
 * // → skipped 2
 * // → A
 * // → skipped 4
 * // → D
 * ```
 * @param codec - Decodes a frame from its marker on. A codec, a decoder or a generator function.
 * @param options - `marker`, `onSkip`, `maxLength`.
 * @returns A codec if `codec` encodes, else a decoder.
 * @throws `TypeError` or `RangeError` for an invalid codec or marker.
 */
export function resync<In, Out>(codec: Codec<In, Out>, options: ResyncOptions): Codec<In, Out>;
/** A decoder of noisy frames. */
export function resync<T>(decoder: Decoder<T>, options: ResyncOptions): Decoder<T>;
/** A codec whose `decode` is a generator function. */
export function resync<In, Out>(codec: GeneratorCodec<In, Out>, options: ResyncOptions): Codec<In, Out>;
/** A generator function. */
export function resync<T>(generate: FrameGenerator<T>, options: ResyncOptions): Decoder<Exclude<T, undefined>>;
export function resync<T>(codec: FrameCutter<T>, options: ResyncOptions): SearchingDecoder<T> & Encoder<never> {
  const { maxLength = defaults.maxLength, onSkip } = options;
  const markers = Needle.list(options.marker);
  assertByteCount('maxLength', maxLength, 1);
  const framing = toFraming(codec, maxLength);
  // A codec serves any number of connections, so what is known of each is kept with its buffer.
  const searches = new WeakMap<ByteBuffer, FrameSearch<T>>();

  function searchOf(buffer: ByteBuffer): FrameSearch<T> {
    let search = searches.get(buffer);
    if (search === undefined) {
      search = new FrameSearch(buffer, framing, markers, onSkip);
      searches.set(buffer, search);
    }
    return search;
  }

  const decoder: SearchingDecoder<T> = {
    decode: (buffer, ended) => searchOf(buffer).next(ended),
    giveUp: (buffer) => searchOf(buffer).giveUp(),
  };
  const { encode } = codec as Partial<Encoder<never>>;
  return Object.assign(decoder, typeof encode === 'function' ? { encode: encode.bind(codec) } : undefined) as never;
}
