/**
 * Lines as text, without their endings.
 *
 * Strategy. A single line is found, checked and decoded by itself. Where somebody keeps taking lines, a {@link TextRun}
 * decodes all whole lines of the next bytes at once: at most as many bytes as have just been taken as lines, so that the
 * work thrown away when the next read is of another kind stays below the work that was of use; and at most `limit`
 * bytes, so that no line of a run can be over the limit.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { ByteBuffer } from '../ByteBuffer';
import type { Decoder } from '../Decoder';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import { limitOf } from '../limitOf';
import { Needle } from '../Needle';
import { TextRun } from '../TextRun';
import { utf8ErrorOffset } from './utf8ErrorOffset';

/** Encodings in which no character but the newline has the newline's byte. */
export type LinesEncoding = 'utf8' | 'utf-8' | 'latin1' | 'ascii';

/** How lines of text are cut and decoded. */
export interface LinesOptions {
  /** How bytes become text. Default `'utf8'`. */
  readonly encoding?: LinesEncoding | undefined;
  /** The longest line in bytes, its ending not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
  /**
   * What ends a line: `'lf'` takes `\n` and `\r\n`; `'crlf'` only `\r\n`, and refuses a line with a lone `\r` or `\n`,
   * which two programs could take for different things. Default `'lf'`.
   */
  readonly eol?: 'lf' | 'crlf' | undefined;
  /** Refuse bytes that are not UTF-8, instead of decoding them to U+FFFD. Default `false`. */
  readonly fatal?: boolean | undefined;
}

const NEWLINE = Needle.of('\n');
const RETURN = Needle.of('\r');
const CRLF = Needle.of('\r\n');
const MAX_RUN = 65_536;
const ENCODINGS: ReadonlySet<string> = new Set<LinesEncoding>(['utf8', 'utf-8', 'latin1', 'ascii']);

/** A decoder of text lines; a line that is refused, for its length or its bytes, is dropped through its end. */
export function textLineDecoder(options: LinesOptions = {}): Decoder<string> {
  const { encoding = 'utf8', eol = 'lf', fatal = false } = options;
  if (!ENCODINGS.has(encoding))
    throw new TypeError(`Cannot read lines of ${encoding}: the encoding must be one of ${[...ENCODINGS].join(', ')}`);
  if (eol !== 'lf' && eol !== 'crlf')
    throw new TypeError(`Cannot end lines at ${String(eol)}: eol must be 'lf' or 'crlf'`);
  const limit = limitOf(options);
  const strict = eol === 'crlf';
  const checked = fatal && encoding.startsWith('utf');
  const seven = encoding === 'ascii';

  function decode(buffer: ByteBuffer, ended: boolean): string | undefined {
    const run = buffer.run;
    if (run !== undefined && run.owner === decoder) {
      const line = run.next(strict);
      if (line !== undefined) return line;
    }
    return nextRun(buffer) ?? oneLine(buffer, ended);
  }

  function nextRun(buffer: ByteBuffer): string | undefined {
    if (buffer.position !== buffer.textStreakEnd) buffer.textStreak = 0;
    if (buffer.textStreak === 0) return undefined;
    const lines = buffer.wholeLines(Math.min(buffer.textStreak, limit ?? buffer.limit, MAX_RUN));
    if (lines === undefined) return undefined;
    const { head, start, end } = lines;
    // Decoding a high byte as ASCII can make a newline of it; a single line is cut before it is decoded.
    if ((checked && !isUtf8(head.subarray(start, end))) || (seven && !isAscii(head.subarray(start, end)))) {
      buffer.textStreak = 0;
      return undefined;
    }
    const text = head.toString(encoding, start, end);
    const run = new TextRun(decoder, text, head, start, end);
    const line = run.next(strict);
    if (line === undefined) return undefined;
    buffer.textStreak += end - start;
    buffer.textStreakEnd += end - start;
    buffer.run = run;
    return line;
  }

  function oneLine(buffer: ByteBuffer, ended: boolean): string | undefined {
    const newline = buffer.indexOf(NEWLINE);
    const terminated = newline >= 0;
    const end = terminated ? newline : buffer.length;
    const length = terminated && end > 0 && buffer.at(end - 1) === 13 ? end - 1 : end;
    const ending = terminated ? newline + 1 - length : 0;
    // The shortest separator counts: `\n`, of which a `\r` before it is no part, or `\r\n`, of which the last byte of an
    // unfinished line may be the beginning.
    const counted = !strict ? end : terminated || ended ? length : length - 1;
    if (counted > longest(buffer)) {
      buffer.skipThrough(strict ? CRLF : NEWLINE);
      throw new LimitOverrunError(longest(buffer), counted);
    }
    if (!terminated && !(ended && length > 0)) return undefined;
    if (strict) refuseLoneEnding(buffer, length, ending);
    if (checked) refuseInvalid(buffer, length, length + ending);
    const line = buffer.takeText(length, ending, encoding);
    if (buffer.position - length - ending !== buffer.textStreakEnd) buffer.textStreak = 0;
    buffer.textStreak += length + ending;
    buffer.textStreakEnd = buffer.position;
    return line;
  }

  function longest(buffer: ByteBuffer): number {
    return limit ?? buffer.limit;
  }

  const decoder = { decode };
  return decoder;
}

function refuseLoneEnding(buffer: ByteBuffer, length: number, ending: number): void {
  const at = buffer.indexOf(RETURN);
  const loneReturn = at >= 0 && at < length;
  if (!loneReturn && ending !== 1) return;
  buffer.skipThrough(CRLF);
  throw new InvalidFrameError(`the line has a lone ${loneReturn ? '"\\r"' : '"\\n"'}`, loneReturn ? at : length);
}

function refuseInvalid(buffer: ByteBuffer, length: number, whole: number): void {
  const offset = utf8ErrorOffset(buffer.peek(length));
  if (offset < 0) return;
  buffer.skip(whole);
  throw new InvalidFrameError('the line is not valid UTF-8', offset);
}
