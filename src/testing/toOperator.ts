import { isObservable, NEVER, type OperatorFunction } from 'rxjs';
import type { Decoder } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';
import { decode } from '../operators/decode';

/** What cuts frames out of bytes. */
export type Decoding<T> = Decoder<T> | FrameGenerator<T> | OperatorFunction<Uint8Array, T>;

/**
 * A decoder of any kind, as an operator.
 *
 * @param decoding - A function is called to see what it is: a generator function only makes a generator, and an operator an Observable,
 *   so neither runs. Any other result is a decoder that the function has made.
 */
export function toOperator<T>(decoding: Decoding<T> | (() => Decoding<T>)): OperatorFunction<Uint8Array, T> {
  if (typeof decoding !== 'function') return decode(decoding);
  const made: unknown = (decoding as (source: unknown) => unknown)(NEVER);
  if (isObservable(made)) return decoding as OperatorFunction<Uint8Array, T>;
  if (typeof made === 'function' || typeof (made as Partial<Decoder<T>> | undefined)?.decode === 'function') {
    return toOperator(made as Decoding<T>);
  }
  return decode(decoding as FrameGenerator<T>) as OperatorFunction<Uint8Array, T>;
}
