import { map, type OperatorFunction } from 'rxjs';
import type { Encoder } from '../codecs/Decoder';

/**
 * Encodes each value with a codec, into bytes for a writer.
 *
 * ```marbles
 * source   { id: 1 }-----{ id: 2 }-----|
 *          source.pipe(encode(ndjson()))
 * emits    '{"id":1}\n'--'{"id":2}\n'--|
 * ```
 *
 * - Emits when a value arrives.
 * - Errors when the source errors, and with the error of the encoder.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { encode, ndjson } from 'rxjs-tcp';
 *
 * of({ id: 1 }, { id: 2 })
 *   .pipe(encode(ndjson()))
 *   .subscribe((bytes) => console.log(`${bytes}`.trimEnd()));
 * // → {"id":1}
 * // → {"id":2}
 * ```
 * @param encoder - A codec, or any object that has `encode`.
 * @throws `TypeError` for an invalid encoder.
 */
export function encode<T>(encoder: Encoder<T>): OperatorFunction<T, Uint8Array> {
  if (typeof encoder?.encode !== 'function') {
    throw new TypeError(`Cannot encode with a value of type ${typeof encoder}: it must be an Encoder`);
  }
  return map((value) => encoder.encode(value));
}
