import type { OperatorFunction } from 'rxjs';
import { assertTimeout } from '../argumentChecks';
import type { Decoder, GeneratorCodec } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';
import { type FrameCutter, toFraming } from '../codecs/toFraming';
import { type FrameTimeLimit, timedFraming } from '../reading/timedFraming';
import { cutFrames } from './cutFrames';

/** Options of {@link decode}. */
export interface DecodeOptions {
  /** The longest frame of a generator in bytes: everything that it reads for the frame. Default 16 MiB. */
  readonly maxLength?: number | undefined;
  /**
   * How long a frame may take, in milliseconds, from its first byte to its last. Only the time counts in which the read waits
   * for the peer, and not the time in which the reader is held. Default 0: for ever.
   */
  readonly frameTimeout?: number | undefined;
  /**
   * What happens to a frame that takes longer: `'end'` ends the read with a `SocketTimeoutError`, and the bytes stay; `'drop'`
   * drops all bytes of the unfinished frame and reads on. Default `'end'`.
   */
  readonly onTimeout?: 'end' | 'drop' | undefined;
  /** Called with the bytes of each frame that `'drop'` has dropped. */
  readonly onDrop?: ((bytes: Buffer) => void) | undefined;
}

/**
 * Frames of a protocol of your own.
 *
 * ```marbles
 * arrives  hex`02 61`---hex`62 01`---'c'---hex`03`---|
 *          const frames = decode(function* (read) {
 *            const size = yield* read.uint(1);
 *            return yield* read.exactly(size);
 *          });
 *          reader.pipe(frames)
 * emits    -------------'ab'---------'c'-------------#IncompleteReadError
 * ```
 *
 * The decoder is a codec, any object with `decode`, or a generator function that reads a frame as straight code and returns
 * it:
 *
 * - Emits when a frame is whole. A generator that returns `undefined` emits nothing for it, and goes on.
 * - Pauses when the reader is held.
 * - Completes when the source has ended between two frames.
 * - Errors when the source errors, after the whole frames before it; with the error of the decoder (the bytes of a generator
 *   stay); and with an `IncompleteReadError` when the source ends inside a frame, whose `partial` has all bytes of the
 *   unfinished frame. A generator that asks for more than `maxLength` bytes gets a `LimitOverrunError` at once, without waiting
 *   for them. With `frameTimeout`, with a `SocketTimeoutError` when a frame takes too long, unless `onTimeout` drops it.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader. The next read starts an unfinished frame again. A generator
 * that waits when its read ends is ended: its `finally` blocks run.
 *
 * @example
 * ```ts
 * import { decode, StreamReader } from 'rxjs-tcp';
 *
 * const frames = decode(function* (read) {
 *   const size = yield* read.uint(1);
 *   return `${yield* read.exactly(size)}`;
 * });
 * StreamReader.from([Buffer.from('\x02hi\x03'), Buffer.from('you')])
 *   .pipe(frames)
 *   .subscribe((frame) => console.log(frame));
 * // → hi
 * // → you
 * ```
 * @param decoder - Cuts and decodes the frames.
 * @param options - `frameTimeout` in milliseconds, `onTimeout`, `onDrop`.
 * @throws `TypeError` or `RangeError` for an invalid decoder or option.
 */
export function decode<T>(decoder: Decoder<T>, options?: DecodeOptions): OperatorFunction<Uint8Array, T>;
/**
 * Frames that a generator function reads.
 *
 * @param generate - Reads one frame and returns it; called for every frame. Or an object that has it as `decode`.
 * @param options - `maxLength` of a frame, in bytes; and the same.
 * @throws `TypeError` or `RangeError` for an invalid `maxLength`.
 */
export function decode<T>(
  generate: FrameGenerator<T> | Pick<GeneratorCodec<T>, 'decode'>,
  options?: DecodeOptions,
): OperatorFunction<Uint8Array, Exclude<T, undefined>>;
export function decode<T>(decoder: FrameCutter<T>, options: DecodeOptions = {}): OperatorFunction<Uint8Array, T> {
  const framing = toFraming(decoder, options.maxLength);
  const limit = frameTimeLimit(options);
  const limited = limit === undefined ? framing : timedFraming(framing, limit);
  return (source) => cutFrames(source, limited);
}

function frameTimeLimit({ frameTimeout, onTimeout = 'end', onDrop }: DecodeOptions): FrameTimeLimit | undefined {
  assertTimeout('frameTimeout', frameTimeout);
  if (onTimeout !== 'end' && onTimeout !== 'drop') {
    throw new TypeError(`Cannot use ${String(onTimeout)} as onTimeout: it must be 'end' or 'drop'`);
  }
  const drops = onTimeout === 'drop';
  if (frameTimeout === undefined && drops) {
    throw new TypeError("Cannot use onTimeout: 'drop' without a frameTimeout");
  }
  if (onDrop !== undefined && !drops) throw new TypeError("Cannot use onDrop without onTimeout: 'drop'");
  if (!frameTimeout) return undefined;
  return { timeout: frameTimeout, drop: drops ? (onDrop ?? (() => {})) : undefined };
}
