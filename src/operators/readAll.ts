import { defaultIfEmpty, type OperatorFunction } from 'rxjs';
import { checkLimit } from '../argumentChecks';
import { allDecoder } from '../codecs/readDecoders';
import { defaults } from '../defaults';
import { cutFrames } from './cutFrames';

/** Options of {@link readAll}. */
export interface ReadAllOptions {
  /** The most bytes that may arrive. Default 16 MiB. */
  readonly limit?: number | undefined;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/**
 * Everything to the end of the stream, as one Buffer.
 *
 * ```marbles
 * arrives  'he'---'llo'---|
 *          reader.pipe(readAll())
 * emits    ---------------'hello'|
 * ```
 *
 * - Emits when the source has ended: once, an empty Buffer if there was nothing.
 * - Completes after that.
 * - Errors when the source errors, and with a `LimitOverrunError` as soon as more than `limit` bytes have arrived. The bytes
 *   stay in the reader.
 *
 * Unsubscribing keeps everything in the reader.
 *
 * @example
 * ```ts
 * import { firstValueFrom } from 'rxjs';
 * import { readAll, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('he'), Buffer.from('llo')]);
 * console.log(`${await firstValueFrom(reader.pipe(readAll({ limit: 1024 * 1024 })))}`); // → hello
 * ```
 * @param options - `limit` in bytes.
 * @throws `RangeError` for a limit below 1.
 */
export function readAll(options?: ReadAllOptions): OperatorFunction<Uint8Array, Buffer> {
  const decoder = allDecoder(checkLimit(options) ?? defaults.readAllLimit);
  return (source) => cutFrames(source, decoder).pipe(defaultIfEmpty(EMPTY));
}
