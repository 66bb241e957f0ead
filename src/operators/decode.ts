import type { OperatorFunction } from 'rxjs';
import { assertByteCount } from '../checks';
import type { Decoder } from '../codecs/Decoder';
import { type FrameGenerator, generatorDecoder } from '../codecs/generatorDecoder';
import { defaults } from '../defaults';
import { cutFrames } from './cutFrames';

/** Options of {@link decode} with a generator function. */
export interface DecodeOptions {
  /** The longest frame in bytes: everything that the generator reads for it. Default 16 MiB. */
  readonly maxLength?: number | undefined;
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
 *   for them.
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
 * @throws `TypeError` for an invalid decoder.
 */
export function decode<T>(decoder: Decoder<T>): OperatorFunction<Uint8Array, T>;
/**
 * Frames that a generator function reads.
 *
 * @param generate - Reads one frame and returns it; called for every frame.
 * @param options - `maxLength` of a frame, in bytes.
 * @throws `TypeError` or `RangeError` for an invalid `maxLength`.
 */
export function decode<T>(
  generate: FrameGenerator<T>,
  options?: DecodeOptions,
): OperatorFunction<Uint8Array, Exclude<T, undefined>>;
export function decode<T>(
  decoder: Decoder<T> | FrameGenerator<T>,
  { maxLength = defaults.maxLength }: DecodeOptions = {},
): OperatorFunction<Uint8Array, T> {
  if (typeof decoder === 'function') {
    assertByteCount('maxLength', maxLength, 1);
    // One for each subscription: it keeps the suspended generator.
    const make = () => generatorDecoder(decoder, maxLength);
    return (source) => cutFrames(source, make);
  }
  if (typeof decoder?.decode !== 'function') {
    throw new TypeError(
      `Cannot decode with a value of type ${typeof decoder}: it must be a Decoder or a generator function`,
    );
  }
  return (source) => cutFrames(source, decoder);
}
