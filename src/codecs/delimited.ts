import { checkLimit } from '../argumentChecks';
import { asBytes } from '../bytes/asBytes';
import { ByteBuffer } from '../bytes/ByteBuffer';
import { Needle, type Separator } from '../bytes/Needle';
import { InvalidFrameError, type LimitOverrunError } from '../errors';
import type { Codec } from './Decoder';
import { findRecord } from './findRecord';

/** How records are cut at their separators. */
export interface DelimitedOptions {
  /** The longest record in bytes, its separator not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
  /** Whether records are emitted without their separator. With `false` they have it, also those to encode. Default `true`. */
  readonly strip?: boolean | undefined;
  /**
   * Called for each record that is longer than `limit`: the record is dropped through its separator, and the stream goes on
   * after it. Without `onOverrun`, such a record is an error, and its bytes stay.
   */
  readonly onOverrun?: ((error: LimitOverrunError) => void) | undefined;
}

/**
 * Records that end at a separator. Of several separators, the match that ends first counts. If several matches end together,
 * the longest is stripped.
 *
 * @example
 * ```ts
 * import { decode, delimited, StreamReader } from 'rxjs-tcp';
 *
 * StreamReader.from([Buffer.from('one\0tw'), Buffer.from('o\r\n')])
 *   .pipe(decode(delimited(['\0', '\r\n'])))
 *   .subscribe((record) => console.log(`${record}`));
 * // → one
 * // → two
 * ```
 * @param separator - A string (its UTF-8 bytes), bytes, or a list of them. `encode` uses the first.
 * @param options - `limit` in bytes, `strip`, `onOverrun`.
 * @returns A codec; it refuses to encode a record that has a separator in it, with an `InvalidFrameError`.
 * @throws `TypeError` or `RangeError` for an invalid separator or limit.
 */
export function delimited(separator: Separator, options: DelimitedOptions = {}): Codec<Buffer, Uint8Array | string> {
  const needles = Needle.list(separator);
  const limit = checkLimit(options);
  const { strip = true, onOverrun } = options;

  function find(buffer: ByteBuffer): ReturnType<typeof findRecord> {
    try {
      return findRecord(buffer, needles, limit ?? buffer.limit);
    } catch (error) {
      if (onOverrun === undefined) throw error;
      buffer.skipThrough(needles);
      onOverrun(error as LimitOverrunError);
      return undefined;
    }
  }

  /** The longest of the separators that end a record: a line may end with `\r\n` although `\n` is enough. */
  function measureSeparator(buffer: ByteBuffer, { start, end }: { start: number; end: number }): number {
    let longest = end - start;
    for (const { length, bytes } of needles) {
      if (length > longest && length <= end && buffer.peek(length, end - length).equals(bytes)) longest = length;
    }
    return longest;
  }

  return {
    decode(buffer) {
      const record = find(buffer);
      if (record === undefined) return undefined;
      if (!strip) return buffer.take(record.end);
      const separator = measureSeparator(buffer, record);
      const bytes = buffer.take(record.end - separator);
      buffer.skip(separator);
      return bytes;
    },
    encode(value) {
      const record = asBytes(value);
      const frame = strip ? Buffer.concat([record, (needles[0] as Needle).bytes]) : record;
      const buffer = new ByteBuffer(limit);
      buffer.append(frame);
      const found = findRecord(buffer, needles, limit ?? Number.POSITIVE_INFINITY);
      if (found === undefined) throw new InvalidFrameError('it does not end with a separator', frame.length, 'encode');
      const start = found.end - measureSeparator(buffer, found);
      if (found.end === frame.length && (!strip || start === record.length)) return frame;
      throw new InvalidFrameError('it contains a separator', start, 'encode');
    },
  };
}
