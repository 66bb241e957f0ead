import { isGeneratorFunction } from 'node:util/types';
import type { Codec, Decoder } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';
import type { FrameCodec } from './FrameCodec';

/** What cuts the frames of a codec. */
export function decoderOf<In>(codec: FrameCodec<In, never>): Decoder<In> | FrameGenerator<In> {
  return isGeneratorFunction(codec.decode) ? (codec.decode as FrameGenerator<In>) : (codec as Codec<In, never>);
}
