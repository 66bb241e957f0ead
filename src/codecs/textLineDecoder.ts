/**
 * Lines as text, without their endings.
 *
 * Strategy. A single line is found, checked and decoded by itself. When several lines are read in a row, a {@link TextRun}
 * decodes all whole lines of the next bytes at once. It decodes at most as many bytes as the last lines had, so that it
 * wastes less work than it saves when the next read is of another kind. And it decodes at most `limit` bytes, so that no
 * line of a run can be above the limit.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { ByteBuffer } from '../bytes/ByteBuffer';
import { decodeText } from '../bytes/decodeText';
import { Needle } from '../bytes/Needle';
import { TextRun } from '../bytes/TextRun';
import type { Decoder } from './Decoder';
import { findTextLine } from './findTextLine';
import { type LinesOptions, textLineRules } from './textLineRules';

const NEWLINE = Needle.of('\n');
const RETURN = Needle.of('\r');
const CRLF = Needle.of('\r\n');
const MAX_RUN = 65_536;

/** A decoder of text lines. A line that is refused for its length or its bytes is dropped through its end. */
export function textLineDecoder(options: LinesOptions = {}): Decoder<string> {
  const rules = textLineRules(options);
  const { encoding, eol } = rules;
  const strict = eol === 'crlf';
  const returns = eol === 'cr';
  const newline = returns ? RETURN : NEWLINE;

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
    const lines = buffer.wholeLines(Math.min(buffer.textStreak, rules.limit ?? buffer.limit, MAX_RUN), newline);
    if (lines === undefined) return undefined;
    const { head, start, end } = lines;
    if (mustBeSingle(head.subarray(start, end))) {
      buffer.textStreak = 0;
      return undefined;
    }
    const text = decodeText(head, encoding, start, end);
    const run = new TextRun(decoder, text, head, start, end, returns);
    const line = run.next(strict);
    if (line === undefined) return undefined;
    buffer.textStreak += end - start;
    buffer.textStreakEnd += end - start;
    buffer.run = run;
    return line;
  }

  /** True if one of these lines must be refused, or if they would decode to other lines. */
  function mustBeSingle(bytes: Buffer): boolean {
    // As ASCII, a high byte can decode to a newline or a return. A single line is cut before it is decoded.
    return (rules.fatal && !isUtf8(bytes)) || (encoding === 'ascii' && !isAscii(bytes));
  }

  function oneLine(buffer: ByteBuffer, ended: boolean): string | undefined {
    const found = wholeLine(buffer, ended);
    if (found === undefined) return undefined;
    const { length, ending } = found;
    const line = buffer.takeText(length, ending, encoding);
    if (buffer.position - length - ending !== buffer.textStreakEnd) buffer.textStreak = 0;
    buffer.textStreak += length + ending;
    buffer.textStreakEnd = buffer.position;
    return line;
  }

  function wholeLine(buffer: ByteBuffer, ended: boolean) {
    try {
      return findTextLine(buffer, 0, ended, rules);
    } catch (error) {
      buffer.skipThrough([strict ? CRLF : newline]);
      throw error;
    }
  }

  const decoder = { decode };
  return decoder;
}
