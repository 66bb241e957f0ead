import type { OperatorFunction } from 'rxjs';
import { assertByteCount } from '../argumentChecks';
import { someDecoder } from '../codecs/readDecoders';
import { cutFrames } from './cutFrames';
import { type ReadAllOptions, readAll } from './readAll';
import { readExactly } from './readExactly';

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
 * It joins no chunks: a chunk that is longer than `n` comes in parts, a shorter one as it is.
 *
 * - Emits when bytes have arrived.
 * - Pauses when the reader is held.
 * - Completes when the source has ended and all bytes are emitted.
 * - Errors when the source errors, after the bytes that arrived before.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader.
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
 * @param n - The most bytes of a chunk. By default chunks come whole; -1 is `readAll()`.
 * @returns Chunks of 1 to `n` bytes; for 0, one empty Buffer.
 * @throws `RangeError` for other negative numbers.
 */
export function read(n?: number, options?: ReadAllOptions): OperatorFunction<Uint8Array, Buffer> {
  if (n === -1) return readAll(options);
  if (n === undefined) return (source) => cutFrames(source, SOME);
  assertByteCount('the number of bytes to read', n);
  if (n === 0) return readExactly(0);
  const decoder = someDecoder(n);
  return (source) => cutFrames(source, decoder);
}
