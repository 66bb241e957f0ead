import type { ByteBuffer } from '../bytes/ByteBuffer';

/**
 * Takes one frame off the front of the unread bytes.
 *
 * A decoder is a stateless value, so that one can serve any number of connections; how far a search went is remembered
 * by the {@link ByteBuffer}. "Not enough bytes yet" is `undefined`, never an exception: an exception means that the
 * bytes are wrong. What a decoder wants to pass over it consumes, and answers `undefined`: it is asked again at once.
 */
export interface Decoder<T> {
  /**
   * @param buffer - All unread bytes; a frame is taken off its front.
   * @param ended - True once the stream has ended: what is in `buffer` is all there will be.
   * @returns The frame, for which at least one byte is consumed: else the read fails with a `TypeError`; `undefined` if its end has not arrived (nothing is consumed), or if what was consumed held none.
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

/** A decoder that remembers something, and so serves one read only. */
export interface OwnDecoder<T> extends Decoder<T> {
  /** That read is over. */
  release(): void;
}

/** A decoder; or what makes one for each read, where it remembers something and can't serve several. */
export type Framing<T> = Decoder<T> | (() => OwnDecoder<T>);

/** Turns a value into the bytes of its frame. */
export interface Encoder<T> {
  encode(value: T): Uint8Array;
}

/** Both directions of one framing. */
export interface Codec<In, Out = In> extends Decoder<In>, Encoder<Out> {}
