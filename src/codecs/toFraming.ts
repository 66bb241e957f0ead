import { isGeneratorFunction } from 'node:util/types';
import { assertByteCount } from '../argumentChecks';
import { defaults } from '../defaults';
import type { Decoder, GeneratorCodec, OwnDecoder } from './Decoder';
import { type FrameGenerator, generatorDecoder } from './generatorDecoder';

/** Everything that cuts frames: a decoder, a generator function, or a codec with one. */
export type FrameCutter<T> = Decoder<T> | FrameGenerator<T> | Pick<GeneratorCodec<T>, 'decode'>;

/**
 * Makes a framing of any kind of decoder. A generator keeps state, so each read gets its own.
 *
 * @param maxLength - The longest frame of a generator, in bytes.
 * @throws `TypeError` for an invalid decoder, `TypeError` or `RangeError` for an invalid `maxLength`.
 */
export function toFraming<T>(
  cutter: FrameCutter<T>,
  maxLength: number = defaults.maxLength,
): Decoder<T> | (() => OwnDecoder<T>) {
  assertByteCount('maxLength', maxLength, 1);
  if (typeof cutter === 'function') return () => generatorDecoder(cutter, maxLength) as never;
  if (typeof cutter?.decode !== 'function') {
    throw new TypeError(
      `Cannot decode with a value of type ${typeof cutter}: it must be a Decoder or a generator function`,
    );
  }
  if (!isGeneratorFunction(cutter.decode)) return cutter as Decoder<T>;
  const { decode } = cutter as GeneratorCodec<T>;
  const generate: FrameGenerator<T> = (read) => decode.call(cutter, read);
  return () => generatorDecoder(generate, maxLength) as never;
}
