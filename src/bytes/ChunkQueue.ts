/**
 * A queue of chunks. A {@link ByteBuffer} cuts bytes off its front, and looks at all of it and searches it.
 *
 * Chunks are adopted as they arrive. Only many tiny ones are joined. Nearly every frame is cut from the first chunk, so
 * `head` is kept apart with what a view of it needs; the others wait in `rest`.
 *
 * All positions count from the first byte of `head`, and are shifted when the next chunk becomes `head`. Counted from the
 * start of the stream, they would pass 2³¹ on a long connection, and arithmetic on them would be slower from then on.
 *
 * It is a base class and not an object of its own, because each connection has one.
 */
import { indexOfByte } from './indexOfByte';
import type { Needle } from './Needle';

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);
/** The one empty list: most connections have no second chunk. Never pushed to. */
const NONE: never[] = [];
/**
 * When this many chunks of at most `SMALL` bytes wait in a row, they are copied into one. A chunk of one byte takes about
 * 500 bytes of memory, and a peer may send nothing else (measured for 128 KiB: 64 MB, joined 0.3 MB).
 */
const PILE = 64;
const SMALL = 512;

export abstract class ChunkQueue {
  /** @internal The first chunk, whose unread bytes begin at {@link start}. */
  head: Buffer = EMPTY;
  protected headMemory: ArrayBufferLike = EMPTY.buffer;
  protected headOffset = 0;
  /** How many bytes of the stream came before `head`. */
  protected before = 0;
  /** @internal The first unread byte of `head`. */
  start = 0;
  protected rest: Buffer[] = NONE;
  /** The index of the first chunk of `rest` that has not become `head` yet. */
  private restAt = 0;
  /** How many small chunks in a row are at the end of `rest`. */
  private small = 0;
  /** @internal As {@link length}, and also the bytes that were handed out ahead and are not consumed yet. */
  unread = 0;
  /** Where the last {@link seek} ended: `rest[soughtAt]` begins at position `soughtBase`. Most seeks go forward. */
  private soughtAt = -1;
  private soughtBase = 0;

  /** Adds a chunk, not empty, at the end. */
  protected enqueue(chunk: Buffer): void {
    this.unread += chunk.length;
    if (this.unread === chunk.length) this.setHead(chunk);
    else this.queue(chunk);
  }

  /** The byte at `index`, which must have arrived. */
  protected byteAt(index: number): number | undefined {
    const inHead = this.start + index;
    if (inHead < this.head.length) return this.head[inHead];
    const chunk = this.rest[this.seek(index)] as Buffer;
    return chunk[inHead - this.soughtBase];
  }

  /** A copy of `n` bytes from `from` on, which must have arrived. */
  protected copy(n: number, from = 0): Buffer {
    const target = Buffer.allocUnsafe(n);
    let chunk = this.head;
    let i = this.restAt;
    let at = this.start + from;
    if (at >= chunk.length && n > 0) {
      i = this.seek(from);
      chunk = this.rest[i++] as Buffer;
      at = this.start + from - this.soughtBase;
    }
    for (let filled = 0; filled < n; chunk = this.rest[i++] as Buffer) {
      filled += chunk.copy(target, filled, at);
      at = 0;
    }
    return target;
  }

  /** Where `needle` starts at or after `from`, or -1. It searches each chunk, then the seam behind it. */
  protected scan(needle: Needle, from: number): number {
    if (this.rest.length === 0) {
      const at = indexIn(this.head, needle, this.start + from);
      return at < 0 ? -1 : at - this.start;
    }
    // `chunk` starts at position `base`.
    let i = this.restAt - 1;
    let base = -this.start;
    if (from >= base + this.head.length) {
      i = from < this.unread ? this.seek(from) : this.rest.length;
      base = from < this.unread ? this.soughtBase - this.start : this.unread;
    }
    for (; i < this.rest.length; i++) {
      const chunk = i < this.restAt ? this.head : (this.rest[i] as Buffer);
      const inChunk = indexIn(chunk, needle, Math.max(0, from - base));
      if (inChunk >= 0) return base + inChunk;
      if (needle.length > 1) {
        const seam = this.scanSeam(needle, Math.max(from, base, base + chunk.length - needle.length + 1), i, base);
        if (seam >= 0) return seam;
      }
      base += chunk.length;
    }
    return -1;
  }

  /** Matches that start in chunk `i`, at or after `from`, and end in a later one. */
  private scanSeam(needle: Needle, from: number, i: number, base: number): number {
    const chunk = i < this.restAt ? this.head : (this.rest[i] as Buffer);
    const last = Math.min(base + chunk.length, this.unread - needle.length + 1);
    for (let at = from; at < last; at++) if (this.matches(needle, at - base, i)) return at;
    return -1;
  }

  private matches(needle: Needle, offset: number, i: number): boolean {
    let chunk = i < this.restAt ? this.head : (this.rest[i] as Buffer);
    let at = offset;
    for (let k = 0; k < needle.length; k++) {
      while (at === chunk.length) {
        chunk = this.rest[++i] as Buffer;
        at = 0;
      }
      if (chunk[at++] !== needle.bytes[k]) return false;
    }
    return true;
  }

  private queue(chunk: Buffer): void {
    if (this.rest === NONE) this.rest = [chunk];
    else this.rest.push(chunk);
    if (chunk.length > SMALL) this.small = 0;
    else if (++this.small === PILE) this.joinSmall();
  }

  /** Joins the small chunks at the end. If the result is small too, it is joined again with the chunks that follow. */
  private joinSmall(): void {
    const from = Math.max(this.restAt, this.rest.length - PILE);
    const joined = Buffer.concat(this.rest.slice(from));
    this.rest.length = from;
    this.rest.push(joined);
    this.small = joined.length > SMALL ? 0 : 1;
    if (this.soughtAt < from) return;
    this.soughtAt = from;
    this.soughtBase = this.start + this.unread - joined.length;
  }

  protected setHead(chunk: Buffer): void {
    this.head = chunk;
    this.headMemory = chunk.buffer;
    this.headOffset = chunk.byteOffset;
    this.start = 0;
  }

  /** Counts `n` bytes of `head` as consumed. When all of it is consumed, the next chunk becomes `head`. */
  protected consume(n: number): void {
    this.start += n;
    this.unread -= n;
    if (this.start === this.head.length && n > 0) this.nextHead();
  }

  private nextHead(): void {
    this.shift(this.head.length);
    const next = this.rest[this.restAt];
    if (next === undefined) {
      this.setHead(EMPTY);
      return;
    }
    this.setHead(next);
    this.rest[this.restAt++] = EMPTY;
    if (this.restAt === this.rest.length) {
      this.rest = NONE;
      this.small = 0;
      this.restAt = 0;
      this.soughtAt = -1;
    } else if (this.restAt >= 1024 && this.restAt * 2 >= this.rest.length) {
      this.rest = this.rest.slice(this.restAt);
      this.restAt = 0;
      this.soughtAt = -1;
    }
  }

  /** `head` is used up: positions count from its end from now on. */
  protected shift(n: number): void {
    this.before += n;
    this.soughtBase = Math.max(this.soughtBase - n, 0);
  }

  /** Which chunk of `rest` has the byte `from`, which must be behind `head`. That chunk begins at position `soughtBase`. */
  private seek(from: number): number {
    const wanted = this.start + from;
    if (this.soughtAt < this.restAt || wanted < this.soughtBase) {
      this.soughtAt = this.restAt;
      this.soughtBase = this.head.length;
    }
    for (;;) {
      const end = this.soughtBase + (this.rest[this.soughtAt] as Buffer).length;
      if (wanted < end) return this.soughtAt;
      this.soughtBase = end;
      this.soughtAt++;
    }
  }
}

function indexIn(chunk: Buffer, needle: Needle, from: number): number {
  if (from >= chunk.length) return -1;
  return needle.length === 1 ? indexOfByte(chunk, needle.first, from) : chunk.indexOf(needle.bytes, from);
}
