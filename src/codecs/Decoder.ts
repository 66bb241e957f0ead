import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { ReadWatch } from '../reading/Read';
import type { ReadLoop } from '../reading/ReadLoop';
import type { FrameGenerator } from './generatorDecoder';

/**
 * Takes one frame off the front of the unread bytes.
 *
 * A decoder keeps no state, so one decoder can serve any number of connections. The {@link ByteBuffer} remembers how far a
 * search went. "Not enough bytes yet" is `undefined`, never an exception: an exception means that the bytes are wrong. To
 * skip bytes, a decoder consumes them and returns `undefined`: it is called again at once.
 */
export interface Decoder<T> {
  /**
   * @param buffer - All unread bytes; a frame is taken off its front.
   * @param ended - True once the stream has ended: no more bytes will come than those in `buffer`.
   * @returns The frame. It must consume at least one byte, else the read fails with a `TypeError`. `undefined` if the end of
   *   the frame has not arrived (nothing is consumed), or if the consumed bytes had no frame.
   */
  decode(buffer: ByteBuffer, ended: boolean): T | undefined;
}

/** Gets the frames of a {@link Run}. */
export interface RunSink<T> {
  /** Delivers a frame, whose bytes are consumed. Returns whether the next one is wanted now. */
  deliver(frame: T): boolean;
}

/**
 * Takes whole frames off the front, one after the other, and hands over each before it looks for the next: what the same
 * decoder's `decode` would answer, without the way there and back. It may end before any frame, where `decode` goes on.
 */
export type Run<T> = (buffer: ByteBuffer, sink: RunSink<T>) => void;

/** A decoder that keeps state, so it serves one read only. */
export interface OwnDecoder<T> extends Decoder<T> {
  /** Is told what happens to the read. */
  readonly watch?: ReadWatch | undefined;
  /** The read is over. */
  release(): void;
}

/** A decoder that can look for a frame inside an unfinished one. */
export interface SearchingDecoder<T> extends Decoder<T> {
  /** The rest of the frame at the front will not come. The next call of `decode` goes on behind its first byte. */
  giveUp(buffer: ByteBuffer): void;
}

/**
 * Makes the decoder of one read.
 *
 * @param loop - Runs the read.
 * @param fail - Ends the read with an error, outside of a delivery.
 */
export type MakeDecoder<T> = (loop: ReadLoop, fail: (error: unknown) => void) => OwnDecoder<T>;

/** A decoder; or a function that makes one for each read, if it keeps state. */
export type Framing<T> = Decoder<T> | MakeDecoder<T>;

/** Turns a value into the bytes of its frame. */
export interface Encoder<T> {
  /** The bytes of one frame. */
  encode(value: T): Uint8Array;
}

/** Both directions of one framing. */
export interface Codec<In, Out = In> extends Decoder<In>, Encoder<Out> {}

/** A codec whose `decode` is a generator function. TypeScript needs the type of its parameter: `function* (read: FrameReader)`. */
export interface GeneratorCodec<In, Out = In> extends Encoder<Out> {
  /** Reads one frame and returns it; called for every frame. Not an arrow function: it must be a `function*` itself. */
  readonly decode: FrameGenerator<In>;
}
