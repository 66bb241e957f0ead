import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Codec, Encoder } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';

/** A codec, or one whose `decode` is a generator function as in `decode(function* (read) { … })`. */
export type FrameCodec<In, Out = In> = Codec<In, Out> | GeneratorCodec<In, Out>;

/** A codec whose `decode` is a generator function. It must be one itself, and no function that returns a generator. */
export interface GeneratorCodec<In, Out = In> extends Encoder<Out> {
  readonly decode: FrameGenerator<In>;
}

/** A codec of any values, such as `ndjson()`. As properties: methods would let a codec of one type pass for a codec of all. */
export interface UntypedCodec {
  readonly decode: (buffer: ByteBuffer, ended: boolean) => unknown;
  readonly encode: (value: unknown) => Uint8Array;
}
