import type { ByteBuffer } from '../bytes/ByteBuffer';
import { indexOfByte } from '../bytes/indexOfByte';
import { Needle } from '../bytes/Needle';
import { IncompleteReadError, LimitOverrunError } from '../errors';
import type { Decoder, Run, RunSink } from './Decoder';
import { findRecord } from './findRecord';
import { runs } from './runs';

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

const NEWLINE = /* @__PURE__ */ Needle.of('\n');

/**
 * Lines as bytes, through their `\n`; the unterminated rest at the end of the stream is the last one.
 *
 * A line above the limit is dropped through its end, also the part that has not arrived yet.
 *
 * @param limit - The longest line in bytes, its `\n` not counted; default: the limit of the buffer.
 */
export function lineDecoder(limit?: number): Decoder<Buffer> {
  function decode(buffer: ByteBuffer, ended: boolean): Buffer | undefined {
    const longest = limit ?? buffer.limit;
    const at = buffer.indexOf(NEWLINE);
    const length = at < 0 ? buffer.length : at;
    if (length > longest) {
      buffer.skipThrough([NEWLINE]);
      throw new LimitOverrunError(longest, length);
    }
    if (at >= 0) return buffer.take(at + 1);
    return ended && length > 0 ? buffer.take(length) : undefined;
  }
  const run: Run<Buffer> = (buffer, sink) => runThrough(buffer, sink, NEWLINE, limit ?? buffer.limit);
  return { decode: runs.add(decode, run) };
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

/** The same for many blocks of one size. */
export function blockDecoder(size: number): Decoder<Buffer> {
  const blocks = new ExactlyDecoder(size);
  const decode: Decoder<Buffer>['decode'] = (buffer, ended) => blocks.decode(buffer, ended);
  return { decode: runs.add(decode, (buffer, sink) => runBlocks(buffer, sink, size)) };
}

/**
 * Records through their separator. Of several separators, the match that ends first counts; if several end together, the
 * shortest. A record above the limit is an error, and its bytes stay.
 *
 * @param needles - The separators.
 * @param limit - The longest record in bytes, its separator not counted; default: the limit of the buffer.
 */
export function untilDecoder(needles: readonly Needle[], limit?: number): Decoder<Buffer> {
  function decode(buffer: ByteBuffer): Buffer | undefined {
    const record = findRecord(buffer, needles, limit ?? buffer.limit);
    return record && buffer.take(record.end);
  }
  const [only] = needles as [Needle];
  if (needles.length > 1) return { decode };
  return { decode: runs.add(decode, (buffer, sink) => runThrough(buffer, sink, only, limit ?? buffer.limit)) };
}

// The loops are functions of their own, each of which exists once: the engine inlines into them what it would not inline into
// a closure that there are many of.

/** Records through their separator, where it is in the first chunk, and they are no longer than the limit. */
function runThrough(buffer: ByteBuffer, sink: RunSink<Buffer>, needle: Needle, limit: number): void {
  for (;;) {
    const { head, start } = buffer;
    const at = needle.length === 1 ? indexOfByte(head, needle.first, start) : head.indexOf(needle.bytes, start);
    const end = at + needle.length;
    if (at < 0 || at - start > limit || !sink.deliver(buffer.cut(start, end, end))) return;
  }
}

/** Blocks that are in the first chunk. */
function runBlocks(buffer: ByteBuffer, sink: RunSink<Buffer>, size: number): void {
  for (;;) {
    const { head, start } = buffer;
    const end = start + size;
    if (end > head.length || !sink.deliver(buffer.cut(start, end, end))) return;
  }
}
