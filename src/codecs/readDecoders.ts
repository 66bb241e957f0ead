import type { ByteBuffer } from '../bytes/ByteBuffer';
import { Needle } from '../bytes/Needle';
import { IncompleteReadError, LimitOverrunError } from '../errors';
import type { Decoder } from './Decoder';
import { findRecord } from './findRecord';

/**
 * The bytes as they arrived: chunk by chunk, never joined.
 *
 * @param max - The most bytes to take at once.
 */
export function someDecoder(max = Number.POSITIVE_INFINITY): Decoder<Buffer> {
  return { decode: (buffer) => (buffer.length === 0 ? undefined : buffer.takeChunk(max)) };
}

/**
 * All bytes that have arrived, joined, up to a size.
 *
 * @param max - The most bytes to take at once.
 */
export function upToDecoder(max: number): Decoder<Buffer> {
  return { decode: (buffer) => (buffer.length === 0 ? undefined : buffer.take(Math.min(max, buffer.length))) };
}

/**
 * All bytes to the end of the stream, as one frame.
 *
 * @param limit - The most bytes that may arrive.
 */
export function allDecoder(limit: number): Decoder<Buffer> {
  return {
    decode(buffer, ended) {
      const length = buffer.length;
      if (length > limit) throw new LimitOverrunError(limit, length);
      return ended ? buffer.take(length) : undefined;
    },
  };
}

const NEWLINE = Needle.of('\n');

/**
 * Lines as bytes, through their `\n`; the unterminated rest at the end of the stream is the last one.
 *
 * A line above the limit is dropped through its end, also the part that has not arrived yet.
 *
 * @param limit - The longest line in bytes, its `\n` not counted; default: the limit of the buffer.
 */
export function lineDecoder(limit?: number): Decoder<Buffer> {
  return {
    decode(buffer, ended) {
      const longest = limit ?? buffer.limit;
      const at = buffer.indexOf(NEWLINE);
      const length = at < 0 ? buffer.length : at;
      if (length > longest) {
        buffer.skipThrough([NEWLINE]);
        throw new LimitOverrunError(longest, length);
      }
      if (at >= 0) return buffer.take(at + 1);
      return ended && length > 0 ? buffer.take(length) : undefined;
    },
  };
}

/** Blocks of `n` bytes, at least 1. A class, because `await reader.readExactly(n)` makes one for each block. */
export class ExactlyDecoder implements Decoder<Buffer> {
  constructor(readonly size: number) {}

  decode(buffer: ByteBuffer, ended: boolean): Buffer | undefined {
    const { length } = buffer;
    if (length >= this.size) return buffer.take(this.size);
    if (ended && length > 0) throw new IncompleteReadError(buffer.take(length), this.size);
    return undefined;
  }
}

/** The next `n` bytes, at least 1, which stay. The only decoder that may return a frame and consume nothing. */
export class PeekDecoder implements Decoder<Buffer> {
  constructor(readonly size: number) {}

  decode(buffer: ByteBuffer, ended: boolean): Buffer | undefined {
    const { length } = buffer;
    if (length >= this.size) return buffer.peek(this.size);
    if (ended && length > 0) throw new IncompleteReadError(buffer.peek(length), this.size);
    return undefined;
  }
}

/**
 * Records through their separator. Of several separators, the match that ends first counts; if several end together, the
 * shortest. A record above the limit is an error, and its bytes stay.
 *
 * @param needles - The separators.
 * @param limit - The longest record in bytes, its separator not counted; default: the limit of the buffer.
 */
export function untilDecoder(needles: readonly Needle[], limit?: number): Decoder<Buffer> {
  return {
    decode(buffer) {
      const record = findRecord(buffer, needles, limit ?? buffer.limit);
      return record && buffer.take(record.end);
    },
  };
}
