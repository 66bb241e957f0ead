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
import { TextStreak } from '../bytes/TextStreak';
import type { Decoder, RunSink } from './Decoder';
import { findTextLine } from './findTextLine';
import { runs } from './runs';
import { type LinesOptions, textLineRules } from './textLineRules';

const NEWLINE = /* @__PURE__ */ Needle.of('\n');
const RETURN = /* @__PURE__ */ Needle.of('\r');
const CRLF = /* @__PURE__ */ Needle.of('\r\n');
const MAX_RUN = 65_536;

/** A decoder of text lines. A line that is refused for its length or its bytes is dropped through its end. */
export function textLineDecoder(options: LinesOptions = {}): Decoder<string> {
  const rules = textLineRules(options);
  const { encoding, eol } = rules;
  const strict = eol === 'crlf';
  const returns = eol === 'cr';
  const newline = returns ? RETURN : NEWLINE;

  function decode(buffer: ByteBuffer, ended: boolean): string | undefined {
    const streak = TextStreak.of(buffer);
    const text = streak.run;
    if (text !== undefined && text.owner === decoder) {
      const line = text.next(strict);
      if (line !== undefined) return line;
    }
    return nextRun(buffer, streak) ?? oneLine(buffer, streak, ended);
  }

  function nextRun(buffer: ByteBuffer, streak: TextStreak): string | undefined {
    const lines = wholeLines(buffer, Math.min(streak.at(buffer.position), rules.limit ?? buffer.limit, MAX_RUN));
    if (lines === undefined) return undefined;
    const { head, start, end } = lines;
    if (mustBeSingle(head.subarray(start, end))) {
      streak.stop();
      return undefined;
    }
    const text = new TextRun(decoder, decodeText(head, encoding, start, end), head, start, end, returns);
    const line = text.next(strict);
    if (line !== undefined) streak.begin(text, end - start);
    return line;
  }

  /** The unread part of the first chunk, at most `max` bytes, up to its last newline. */
  function wholeLines(buffer: ByteBuffer, max: number): { head: Buffer; start: number; end: number } | undefined {
    // The first line is looked for with memory: without a whole one, what has arrived of it is not searched every time.
    if (max === 0 || buffer.indexOf(newline) < 0) return undefined;
    const { head, start } = buffer;
    const last = head.lastIndexOf(newline.first, Math.min(head.length, start + max) - 1);
    return last < start ? undefined : { head, start, end: last + 1 };
  }

  /** True if one of these lines must be refused, or if they would decode to other lines. */
  function mustBeSingle(bytes: Buffer): boolean {
    // As ASCII, a high byte can decode to a newline or a return. A single line is cut before it is decoded.
    return (rules.fatal && !isUtf8(bytes)) || (encoding === 'ascii' && !isAscii(bytes));
  }

  function oneLine(buffer: ByteBuffer, streak: TextStreak, ended: boolean): string | undefined {
    const found = wholeLine(buffer, ended);
    if (found === undefined) return undefined;
    const { length, ending } = found;
    const { head, start } = buffer;
    const inHead = start + length <= head.length;
    const line = inHead
      ? decodeText(head, encoding, start, start + length)
      : decodeText(buffer.peek(length), encoding, 0, length);
    streak.add(buffer.position, length + ending);
    buffer.skip(length + ending);
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

  const decoder = { decode: runs.add(decode, (buffer, sink) => runText(buffer, sink, strict)) };
  return decoder;
}

/** The lines that are decoded. It exists once: the engine inlines more into it than into one of many closures. */
function runText(buffer: ByteBuffer, sink: RunSink<string>, strict: boolean): void {
  const streak = TextStreak.of(buffer);
  const text = streak.run;
  if (text === undefined) return;
  // A consumer that looks into the buffer ends it.
  while (streak.run === text) {
    const line = text.next(strict);
    if (line === undefined || !sink.deliver(line)) return;
  }
}
