import type { OperatorFunction } from 'rxjs';
import { assertByteCount } from '../assertByteCount';
import { ExactlyDecoder } from '../codecs/ExactlyDecoder';
import { framesOf } from './framesOf';
import { nothing } from './nothing';

/**
 * Blocks of exactly `n` bytes.
 *
 * - Emits when a block is whole, however large it is.
 * - Pauses when the reader is held.
 * - Completes when the source has ended between two blocks.
 * - Errors when the source does, after the whole blocks that came before; and with an `IncompleteReadError`, which holds
 *   the bytes, when the source ends inside a block.
 *
 * Unsubscribing keeps what was not emitted in the reader, part of a block included.
 *
 * @example
 * ```ts
 * const size = (await firstValueFrom(reader.pipe(readExactly(4)))).readUInt32BE();
 * const body = await firstValueFrom(reader.pipe(readExactly(size)));
 * ```
 * @param n - How many bytes; for 0, one empty Buffer comes at once.
 * @throws `RangeError` for a negative number.
 */
export function readExactly(n: number): OperatorFunction<Uint8Array, Buffer> {
  assertByteCount('the number of bytes to read', n);
  if (n === 0) return nothing;
  const decoder = new ExactlyDecoder(n);
  return (source) => framesOf(source, decoder);
}
