import type { Observable, OperatorFunction } from 'rxjs';
import { textLineDecoder } from '../codecs/textLineDecoder';
import type { LinesOptions } from '../codecs/textLineRules';
import { cutFrames } from './cutFrames';

/**
 * Lines as text, without their endings.
 *
 * ```marbles
 * arrives  'he'---'llo\r\nwor'---'ld'---|
 *          reader.pipe(lines())
 * emits    -------'hello'---------------'world'|
 * ```
 *
 * It never splits a character of several bytes, wherever the chunks are cut.
 *
 * - Emits when a line is whole; at the end of the stream also the unterminated rest.
 * - Pauses when the reader is held.
 * - Completes when the source has ended and all lines are emitted.
 * - Errors when the source errors, after the whole lines before it; with a `LimitOverrunError` when a line is longer
 *   than `limit`; with an `InvalidFrameError` when `fatal` is set and the bytes are not UTF-8, or when `eol` is `'crlf'`
 *   and a line has a lone `\r` or `\n`. Such a line is dropped through its end, so that the next read starts after it.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader, also half a line. If you keep a line for long, it keeps the
 * text that was decoded together with it, at most `limit` bytes.
 *
 * @example
 * ```ts
 * import { map } from 'rxjs';
 * import { lines, StreamReader } from 'rxjs-tcp';
 *
 * StreamReader.from([Buffer.from('1\n2'), Buffer.from('2\r\n')])
 *   .pipe(lines(), map(Number))
 *   .subscribe((n) => console.log(n + 1));
 * // → 2
 * // → 23
 * ```
 * @param options - `encoding`, `limit` in bytes, `eol`, `fatal`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function lines(options?: LinesOptions): OperatorFunction<Uint8Array, string> {
  if (options === undefined) return plainLines;
  const decoder = textLineDecoder(options);
  return (source) => cutFrames(source, decoder);
}

const LINES = /* @__PURE__ */ textLineDecoder();

/** One function for all calls without options, so that a read in a loop makes no new one. */
function plainLines(source: Observable<Uint8Array>): Observable<string> {
  return cutFrames(source, LINES);
}
