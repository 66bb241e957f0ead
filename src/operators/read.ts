import type { OperatorFunction } from 'rxjs';
import { assertByteCount } from '../checks';
import { someDecoder } from '../codecs/readDecoders';
import { cutFrames } from './cutFrames';
import { nothing } from './nothing';
import { type ReadAllOptions, readAll } from './readAll';

const SOME = someDecoder();

/**
 * Chunks of bytes as they arrive, cut to a size.
 *
 * ```marbles
 * arrives  'hello'-----'!'---|
 *          reader.pipe(read(3))
 * emits    'hel''lo'---'!'---|
 * ```
 *
 * Nothing is joined: a chunk that is longer than `n` comes in pieces, a shorter one as it is.
 *
 * - Emits when bytes have arrived.
 * - Pauses when the reader is held.
 * - Completes when the source has ended and all was emitted.
 * - Errors when the source does, after what arrived before.
 *
 * Unsubscribing keeps what was not emitted in the reader.
 *
 * @example
 * ```ts
 * import { from } from 'rxjs';
 * import { read } from 'rxjs-tcp';
 *
 * from([Buffer.from('hello'), Buffer.from('!')])
 *   .pipe(read(3))
 *   .subscribe((chunk) => console.log(`${chunk}`));
 * // → hel
 * // → lo
 * // → !
 * ```
 * @param n - The most bytes of a chunk; all by default; -1 is `readAll()`.
 * @returns Chunks of 1 to `n` bytes; for 0, one empty Buffer.
 * @throws `RangeError` for other negatives.
 */
export function read(n?: number, options?: ReadAllOptions): OperatorFunction<Uint8Array, Buffer> {
  if (n === -1) return readAll(options);
  if (n === undefined) return (source) => cutFrames(source, SOME);
  assertByteCount('the number of bytes to read', n);
  if (n === 0) return nothing;
  const decoder = someDecoder(n);
  return (source) => cutFrames(source, decoder);
}
