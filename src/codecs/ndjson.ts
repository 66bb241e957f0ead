import { isUtf8 } from 'node:buffer';
import { checkLimit } from '../argumentChecks';
import { decodeText } from '../bytes/decodeText';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import type { Codec } from './Decoder';
import { jsonErrorOffset } from './jsonErrorOffset';
import { lineDecoder } from './readDecoders';
import { utf8ErrorOffset } from './utf8ErrorOffset';

/** How lines of JSON are read. */
export interface NdjsonOptions {
  /** The longest line in bytes, its ending not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
  /**
   * Called for each line that is not JSON, with the offset of its first wrong byte: the stream goes on after it. Without
   * `onInvalid`, such a line is an error; the line is consumed, so the next read starts after it.
   */
  readonly onInvalid?: ((error: InvalidFrameError, line: Buffer) => void) | undefined;
}

/**
 * One JSON value in each line (newline-delimited JSON, JSON lines). Empty lines are skipped. The last line needs no ending.
 *
 * @example
 * ```ts
 * import { decode, ndjson, StreamReader } from 'rxjs-tcp';
 *
 * StreamReader.from([Buffer.from('{"id":1}\n{"id"'), Buffer.from(':2}')])
 *   .pipe(decode(ndjson<{ id: number }>()))
 *   .subscribe(({ id }) => console.log(id));
 * // → 1
 * // → 2
 * ```
 * @param options - `limit` in bytes, `onInvalid`.
 * @returns A codec. It refuses to encode a value that JSON can't express, with a `TypeError`.
 * @throws `TypeError` or `RangeError` for an invalid limit.
 */
export function ndjson(options?: NdjsonOptions): Codec<unknown>;
/** With the types of the values, in and out. The types are not checked at run time. */
export function ndjson<In, Out = In>(options?: NdjsonOptions): Codec<In, Out>;
export function ndjson<In, Out = In>(options: NdjsonOptions = {}): Codec<In, Out> {
  const { onInvalid } = options;
  const limit = checkLimit(options);
  const lines = lineDecoder(limit);
  return {
    decode(buffer, ended) {
      const line = lines.decode(buffer, ended);
      if (line === undefined) return undefined;
      const text = decodeText(line, 'utf8', 0, line.length);
      if (EMPTY.test(text)) return undefined;
      try {
        return parse<In>(text, line);
      } catch (error) {
        if (onInvalid === undefined) throw error;
        onInvalid(error as InvalidFrameError, line);
        return undefined;
      }
    },
    encode(value) {
      const text = JSON.stringify(value) as string | undefined;
      if (text === undefined) throw new TypeError(`Cannot encode a value of type ${typeof value} as JSON`);
      const line = Buffer.from(`${text}\n`);
      if (limit !== undefined && line.length - 1 > limit) throw new LimitOverrunError(limit, line.length - 1);
      return line;
    },
  };
}

/** JSON's white space. */
const EMPTY = /^[ \t\r\n]*$/;

function parse<T>(text: string, line: Buffer): T {
  if (!isUtf8(line)) throw new InvalidFrameError('the line is not valid UTF-8', utf8ErrorOffset(line));
  try {
    return JSON.parse(text) as T;
  } catch {
    const content = text.replace(/\r?\n$/, '');
    throw new InvalidFrameError('the line is not JSON', Buffer.byteLength(content.slice(0, jsonErrorOffset(content))));
  }
}
