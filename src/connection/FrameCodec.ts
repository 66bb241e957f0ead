import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Codec, GeneratorCodec } from '../codecs/Decoder';

/** A codec, or one whose `decode` is a generator function as in `decode(function* (read) { … })`. */
export type FrameCodec<In, Out = In> = Codec<In, Out> | GeneratorCodec<In, Out>;

/** A codec of any values, such as `ndjson()`. As properties: methods would let a codec of one type pass for a codec of all. */
export interface UntypedCodec {
  /** As that of a `Decoder`. */
  readonly decode: (buffer: ByteBuffer, ended: boolean) => unknown;
  /** As that of an `Encoder`. */
  readonly encode: (value: unknown) => Uint8Array;
}
