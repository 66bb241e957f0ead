import type { ByteBuffer } from '../bytes/ByteBuffer';
import { Needle } from '../bytes/Needle';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import type { TextLineRules } from './textLineRules';
import { utf8ErrorOffset } from './utf8ErrorOffset';

/** A line that is whole. */
export interface FoundLine {
  /** Its bytes, without the ending. */
  readonly length: number;
  /** The bytes of its ending: 0 for the unterminated rest of a stream. */
  readonly ending: number;
}

const NEWLINE = /* @__PURE__ */ Needle.of('\n');
const RETURN = /* @__PURE__ */ Needle.of('\r');

/**
 * Looks for the end of a line of text, and checks the line.
 *
 * @param from - Where the line starts, in bytes from the front.
 * @param ended - Whether the rest of the buffer, where no ending is found, is the last line.
 * @returns `undefined` where its end has not arrived.
 * @throws `LimitOverrunError` as soon as it is certain that the line is too long, `InvalidFrameError` where its ending or
 *   its bytes are not what the rules ask for. Both count from the front, where the frame starts that the line is part of.
 *   Nothing is consumed.
 */
export function findTextLine(
  buffer: ByteBuffer,
  from: number,
  ended: boolean,
  rules: TextLineRules,
): FoundLine | undefined {
  const limit = rules.limit ?? buffer.limit;
  const newline = buffer.indexOf(NEWLINE, from);
  const terminated = newline >= 0;
  const whole = (terminated ? newline : buffer.length) - from;
  const length = terminated && whole > 0 && buffer.at(newline - 1) === 13 ? whole - 1 : whole;
  const ending = terminated ? whole + 1 - length : 0;
  // The shortest separator counts: `\n`, of which a `\r` before it is no part, or `\r\n`, of which the last byte of an
  // unfinished line may be the beginning.
  const counted = !rules.strict ? whole : terminated || ended ? length : length - 1;
  if (counted > limit) throw new LimitOverrunError(limit, from + counted);
  if (!terminated && !(ended && length > 0)) return undefined;
  if (rules.strict) refuseLoneEnding(buffer, from, length, ending);
  if (rules.fatal) refuseInvalid(buffer.peek(length, from), from);
  return { length, ending };
}

function refuseLoneEnding(buffer: ByteBuffer, from: number, length: number, ending: number): void {
  const at = buffer.indexOf(RETURN, from);
  if (at >= 0 && at < from + length) throw new InvalidFrameError('the line has a lone "\\r"', at);
  if (ending === 1) throw new InvalidFrameError('the line has a lone "\\n"', from + length);
}

function refuseInvalid(line: Buffer, from: number): void {
  const offset = utf8ErrorOffset(line);
  if (offset >= 0) throw new InvalidFrameError('the line is not valid UTF-8', from + offset);
}
