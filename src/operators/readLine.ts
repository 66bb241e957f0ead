import type { Observable, OperatorFunction } from 'rxjs';
import { checkLimit } from '../argumentChecks';
import { lineDecoder } from '../codecs/readDecoders';
import { cutFrames } from './cutFrames';

/** Options of {@link readLine}. */
export interface ReadLineOptions {
  /** The longest line in bytes, its `\n` not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
}

/**
 * Lines as bytes, each with its `\n`.
 *
 * ```marbles
 * arrives  'he'---'llo\nwor'-----'ld'---|
 *          reader.pipe(readLine())
 * emits    -------'hello\n'-------------'world'|
 * ```
 *
 * - Emits when a line is whole; at the end of the stream also the unterminated rest.
 * - Pauses when the reader is held.
 * - Completes when the source has ended and all lines are emitted.
 * - Errors when the source errors, after the whole lines before it; and with a `LimitOverrunError` when a line is longer than
 *   `limit`. That line is dropped through its end, so that the next read starts after it, also with `retry`.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader, also half a line. For text see `lines`.
 *
 * @example
 * ```ts
 * import { firstValueFrom } from 'rxjs';
 * import { readLine, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('one\ntwo\nth'), Buffer.from('ree')]);
 * console.log(`${await firstValueFrom(reader.pipe(readLine()))}`.trimEnd()); // → one
 * reader.pipe(readLine()).subscribe((line) => console.log(`${line}`.trimEnd()));
 * // → two
 * // → three
 * ```
 * @param options - `limit` in bytes.
 * @throws `RangeError` for a limit below 1.
 */
export function readLine(options?: ReadLineOptions): OperatorFunction<Uint8Array, Buffer> {
  if (options?.limit === undefined) return readAnyLine;
  const decoder = lineDecoder(checkLimit(options));
  return (source) => cutFrames(source, decoder);
}

const LINE = /* @__PURE__ */ lineDecoder();

/** One function for all calls without options, so that a read in a loop makes no new one. */
function readAnyLine(source: Observable<Uint8Array>): Observable<Buffer> {
  return cutFrames(source, LINE);
}
