import { ByteBuffer } from '../ByteBuffer';
import type { Codec } from '../Decoder';
import { InvalidFrameError, LimitOverrunError } from '../errors';
import { limitOf } from '../limitOf';
import { Needle, type Separator } from '../Needle';
import { findRecord } from './findRecord';

/** How records are cut at their separators. */
export interface DelimitedOptions {
  /** The longest record in bytes, its separator not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
  /** Whether records come without their separator. With `false` they have it, and must have it to be encoded. Default `true`. */
  readonly strip?: boolean | undefined;
  /**
   * Called for each record that is longer than `limit`: it is dropped through its separator, and the stream goes on after
   * it. Without it such a record is an error that leaves the bytes where they are.
   */
  readonly onOverrun?: ((error: LimitOverrunError) => void) | undefined;
}

/**
 * Records that end at a separator: of several the match that ends first counts.
 *
 * @example
 * ```ts
 * reader.pipe(decode(delimited(['\0', '\r\n']))).subscribe((record) => console.log(`${record}`));
 * ```
 * @param separator - A string (its UTF-8 bytes), bytes, or a list of them, of which the first is the one to encode with.
 * @param options - `limit` in bytes, `strip`, `onOverrun`.
 * @returns A codec; it refuses to encode a record that has a separator in it, with an `InvalidFrameError`.
 * @throws `TypeError` or `RangeError` for a separator or a limit that is none.
 */
export function delimited(separator: Separator, options: DelimitedOptions = {}): Codec<Buffer, Uint8Array> {
  const needles = Needle.list(separator);
  const limit = limitOf(options);
  const { strip = true, onOverrun } = options;

  function find(buffer: ByteBuffer): ReturnType<typeof findRecord> {
    for (;;) {
      try {
        return findRecord(buffer, needles, limit ?? buffer.limit);
      } catch (error) {
        if (onOverrun === undefined || !(error instanceof LimitOverrunError)) throw error;
        buffer.skipThrough(needles);
        onOverrun(error);
      }
    }
  }

  return {
    decode(buffer) {
      const record = find(buffer);
      if (record === undefined) return undefined;
      if (!strip) return buffer.take(record.end);
      const bytes = buffer.take(record.start);
      buffer.skip(record.end - record.start);
      return bytes;
    },
    encode(record) {
      const frame = strip ? Buffer.concat([record, (needles[0] as Needle).bytes]) : record;
      const buffer = new ByteBuffer(limit);
      buffer.append(frame);
      const found = findRecord(buffer, needles, limit ?? Number.POSITIVE_INFINITY);
      if (found?.end === frame.length) return frame;
      const reason = found === undefined ? 'it does not end with a separator' : 'it has a separator inside';
      throw new InvalidFrameError(reason, found?.start ?? frame.length, 'encode');
    },
  };
}
