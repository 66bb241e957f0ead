import { isGeneratorFunction } from 'node:util/types';
import { InvalidFrameError } from '../errors';
import type { Codec } from './Decoder';

/** What makes values of the frames of a codec, and frames of values. */
export interface FrameMapping<In, Out, A, B = A> {
  /** The value of a frame. If it throws, the frame is invalid. A value of `undefined` is not emitted. */
  decode(frame: In): A | undefined;
  /** The frame of a value. */
  encode(value: B): Out;
}

/** A {@link FrameMapping} with `JSON.parse`. */
export interface JsonMapping {
  /** `JSON.parse` itself: it makes text of a Buffer. The return type lets no other function of a text fit. */
  decode(text: string): { readonly ofJson: never };
  /** `JSON.stringify`, or another function. */
  encode(value: unknown): Uint8Array | string;
}

/**
 * A codec on a codec: one cuts the frames, and two functions turn them into values and back.
 *
 * An exception of `decode` becomes an `InvalidFrameError` whose `cause` is that exception. The frame is consumed, so the next
 * read starts after it. An `InvalidFrameError` passes as it is. An exception of `encode` passes as it is.
 *
 * @example
 * ```ts
 * import { connectionPair, framed, lengthPrefixed, mapped } from 'rxjs-tcp';
 *
 * interface Message { readonly id: number }
 * const messages = mapped<Message>(lengthPrefixed({ bytes: 4 }), { decode: JSON.parse, encode: JSON.stringify });
 *
 * const [client, server] = connectionPair();
 * framed(server, messages).subscribe(({ id }) => console.log(id)); // → 7
 * await framed(client, messages).send({ id: 7 });
 * ```
 * @param codec - Cuts the frames. Any codec whose `decode` is a method; a generator function computes its values itself.
 * @param mapping - `decode` makes a value of a frame, `encode` a frame of a value. The codecs of the library take strings too.
 * @returns A codec of the values.
 * @throws `TypeError` for an invalid codec or mapping.
 */
export function mapped<In, Out, A, B = A>(codec: Codec<In, Out>, mapping: FrameMapping<In, Out, A, B>): Codec<A, B>;
/** With `JSON.parse`. The types of the values are not checked at run time. */
export function mapped<A = unknown, B = A>(
  codec: Codec<Buffer, Uint8Array | string>,
  mapping: JsonMapping,
): Codec<A, B>;
export function mapped<In, Out, A, B>(codec: Codec<In, Out>, mapping: FrameMapping<In, Out, A, B>): Codec<A, B> {
  assertBoth('codec', codec);
  assertBoth('mapping', mapping);
  if (isGeneratorFunction(codec.decode)) {
    throw new TypeError('Cannot map the frames of a generator function: let it compute the value and return it');
  }
  return {
    decode(buffer, ended) {
      const frame = codec.decode(buffer, ended);
      if (frame === undefined) return undefined;
      try {
        return mapping.decode(frame);
      } catch (cause) {
        if (cause instanceof InvalidFrameError) throw cause;
        throw new InvalidFrameError(`the mapping refused it with ${String(cause)}`, 0, 'decode', { cause });
      }
    },
    encode(value) {
      const frame = mapping.encode(value);
      if (frame === undefined) throw new TypeError(`Cannot encode a value of type ${typeof value}: it has no frame`);
      return codec.encode(frame);
    },
  };
}

function assertBoth(what: string, value: Partial<Record<'decode' | 'encode', unknown>> | undefined | null): void {
  if (typeof value?.decode === 'function' && typeof value.encode === 'function') return;
  throw new TypeError(`Cannot map frames: the ${what} must have decode and encode`);
}
