import { isObservable, NEVER, type OperatorFunction } from 'rxjs';
import type { Decoder } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';
import { decode } from '../operators/decode';

/** Anything that cuts frames out of bytes. */
export type Decoding<T> = Decoder<T> | FrameGenerator<T> | OperatorFunction<Uint8Array, T>;

/** Makes an operator of any kind of decoder. */
export function toOperator<T>(decoding: Decoding<T>): OperatorFunction<Uint8Array, T> {
  if (typeof decoding !== 'function') return decode(decoding);
  // Here a generator function only makes a generator, and an operator an Observable: neither of them runs.
  const operator = decoding as OperatorFunction<Uint8Array, T>;
  if (isObservable(operator(NEVER))) return operator;
  return decode(decoding as FrameGenerator<T>) as OperatorFunction<Uint8Array, T>;
}
