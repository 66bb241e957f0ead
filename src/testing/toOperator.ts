import { isObservable, NEVER, type OperatorFunction } from 'rxjs';
import type { Decoder } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';
import { decode } from '../operators/decode';

/** Whatever cuts frames out of bytes. */
export type Decoding<T> = Decoder<T> | FrameGenerator<T> | OperatorFunction<Uint8Array, T>;

/** A decoder of whatever kind, as an operator. */
export function toOperator<T>(decoding: Decoding<T>): OperatorFunction<Uint8Array, T> {
  if (typeof decoding !== 'function') return decode(decoding);
  // A generator function only makes a generator here, and an operator an Observable: neither runs.
  const operator = decoding as OperatorFunction<Uint8Array, T>;
  if (isObservable(operator(NEVER))) return operator;
  return decode(decoding as FrameGenerator<T>) as OperatorFunction<Uint8Array, T>;
}
