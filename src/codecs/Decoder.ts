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

/** A decoder that remembers something, and so serves one read only. */
export interface OwnDecoder<T> extends Decoder<T> {
  /** That read is over. */
  release(): void;
}

/** A decoder; or what makes one for each read, where it remembers something and can't serve several. */
export type Framing<T> = Decoder<T> | (() => OwnDecoder<T>);

/** Turns a value into the bytes of its frame. */
export interface Encoder<T> {
  /** The bytes of one frame. */
  encode(value: T): Uint8Array;
}

/** Both directions of one framing. */
export interface Codec<In, Out = In> extends Decoder<In>, Encoder<Out> {}
