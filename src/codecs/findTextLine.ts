import type { ByteBuffer } from '../bytes/ByteBuffer';
import { Needle } from '../bytes/Needle';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import type { TextLineRules } from './textLineRules';
import { utf8ErrorOffset } from './utf8ErrorOffset';

/** A whole line. */
export interface FoundLine {
  /** How many bytes it has without its ending. */
  readonly length: number;
  /** How many bytes its ending has: 0 for the unterminated rest of a stream. */
  readonly ending: number;
}

const NEWLINE = /* @__PURE__ */ Needle.of('\n');
const RETURN = /* @__PURE__ */ Needle.of('\r');

/**
 * Finds the end of a line of text, and checks the line.
 *
 * @param from - Where the line starts, in bytes from the front.
 * @param ended - Whether the rest of the buffer is the last line if it has no ending.
 * @returns `undefined` if the end of the line has not arrived.
 * @throws `LimitOverrunError` as soon as it is certain that the line is too long, `InvalidFrameError` if its ending or its
 *   bytes break the rules. Both count from the front, where the frame of the line starts. Nothing is consumed.
 */
export function findTextLine(
  buffer: ByteBuffer,
  from: number,
  ended: boolean,
  rules: TextLineRules,
): FoundLine | undefined {
  const limit = rules.limit ?? buffer.limit;
  const strict = rules.eol === 'crlf';
  const returns = rules.eol === 'cr';
  const newline = buffer.indexOf(returns ? RETURN : NEWLINE, from);
  const terminated = newline >= 0;
  const whole = (terminated ? newline : buffer.length) - from;
  const length = terminated && !returns && whole > 0 && buffer.at(newline - 1) === 13 ? whole - 1 : whole;
  const ending = terminated ? whole + 1 - length : 0;
  // The shortest separator counts. With `\n`, a `\r` before it belongs to the line. With `\r\n`, the last byte of an
  // unfinished line may be the `\r`.
  const counted = !strict ? whole : terminated || ended ? length : length - 1;
  if (counted > limit) throw new LimitOverrunError(limit, from + counted);
  if (!terminated && !(ended && length > 0)) return undefined;
  if (strict) refuseLoneEnding(buffer, from, length, ending);
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
