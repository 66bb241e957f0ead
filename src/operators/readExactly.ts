import { type Observable, type OperatorFunction, of } from 'rxjs';
import { assertBlockSize } from '../argumentChecks';
import { blockDecoder } from '../codecs/readDecoders';
import { cutFrames } from './cutFrames';

/** Options of {@link readExactly}. */
export interface ReadExactlyOptions {
  /** The largest `n` that is allowed. Default 16 MiB. */
  readonly limit?: number | undefined;
}

/**
 * Blocks of exactly `n` bytes.
 *
 * ```marbles
 * arrives  'he'---'llo!'-----'?'---|
 *          reader.pipe(readExactly(3))
 * emits    -------'hel''lo!'-------#IncompleteReadError
 * ```
 *
 * - Emits when a block is whole, also above the reader's limit.
 * - Pauses when the reader is held.
 * - Completes when the source has ended between two blocks.
 * - Errors when the source errors, after the whole blocks before it; and with an `IncompleteReadError`, which has the bytes,
 *   when the source ends inside a block.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader, also part of a block.
 *
 * @example
 * ```ts
 * import { firstValueFrom } from 'rxjs';
 * import { readExactly, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('\0\x02h'), Buffer.from('i')]);
 * const size = (await firstValueFrom(reader.pipe(readExactly(2)))).readUInt16BE();
 * console.log(`${await firstValueFrom(reader.pipe(readExactly(size, { limit: 1024 })))}`); // → hi
 * ```
 * @param n - How many bytes. For 0, one empty Buffer comes at once.
 * @param options - `limit` in bytes: set your own if the peer sends the size.
 * @throws `LimitOverrunError` for an `n` above `limit`; `RangeError` for a negative number and for a limit below 1.
 */
export function readExactly(n: number, options?: ReadExactlyOptions): OperatorFunction<Uint8Array, Buffer> {
  assertBlockSize(n, options);
  if (n === 0) return nothing;
  const decoder = blockDecoder(n);
  return (source) => cutFrames(source, decoder);
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** For 0 bytes: one empty Buffer at once, whatever the source does. */
function nothing(): Observable<Buffer> {
  return of(EMPTY);
}
