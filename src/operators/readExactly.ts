import type { OperatorFunction } from 'rxjs';
import { assertBlockSize } from '../checks';
import { blockDecoder } from '../codecs/readDecoders';
import { cutFrames } from './cutFrames';
import { nothing } from './nothing';

/** Options of {@link readExactly}. */
export interface ReadExactlyOptions {
  /** The largest `n` that is allowed. Default 16 MiB. */
  readonly limit?: number | undefined;
}

/**
 * Blocks of exactly `n` bytes.
 *
 * - Emits when a block is whole, above the reader's limit too.
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
 * const body = await firstValueFrom(reader.pipe(readExactly(size, { limit: 1024 * 1024 })));
 * ```
 * @param n - How many bytes; for 0, one empty Buffer comes at once.
 * @param options - `limit` in bytes: give your own where the peer says how many bytes come.
 * @throws `LimitOverrunError` for an `n` above `limit`; `RangeError` for a negative number and for a limit below 1.
 */
export function readExactly(n: number, options?: ReadExactlyOptions): OperatorFunction<Uint8Array, Buffer> {
  assertBlockSize(n, options);
  if (n === 0) return nothing;
  const decoder = blockDecoder(n);
  return (source) => cutFrames(source, decoder);
}
