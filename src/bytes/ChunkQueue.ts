/**
 * A queue of chunks with what a {@link ByteBuffer} needs of it: to cut bytes off at the front, and to look at and search all
 * there is.
 *
 * Chunks are adopted as they come, and joined only where many tiny ones pile up. The first chunk, `head`, is kept apart with
 * what a view of it needs, since nearly every frame is cut from it; the others wait in `rest`.
 *
 * All positions count from the first byte of `head`, and are shifted when the next chunk becomes it. Counted from the start
 * of the stream they would pass 2³¹ on a long connection, and everything that is done with them take longer from then on.
 *
 * It is the base of a class, and no object of its own, since each connection has one.
 */
import { indexOfByte } from './indexOfByte';
import type { Needle } from './Needle';

const EMPTY = Buffer.alloc(0);
/** Every list that is empty: most connections have no second chunk. Never pushed to. */
const NONE: never[] = [];
/**
 * Where so many chunks of at most so many bytes wait one behind the other, they are copied together: a chunk of one byte
 * takes some 500 by itself, and a peer may send nothing else (measured for 128 KiB: 64 MB, joined 0.3 MB).
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
  /** The first of `rest` that has not become `head` yet. */
  private restAt = 0;
  /** How many of the last of `rest` are small. */
  private small = 0;
  /** @internal As {@link length}, with what was handed out ahead of being consumed. */
  unread = 0;
  /** Where a look behind `head` ended: `rest[soughtAt]` begins at position `soughtBase`. Looks go forward, mostly. */
  private soughtAt = -1;
  private soughtBase = 0;

  /** Adds a chunk, not empty, at the end. */
  protected enqueue(chunk: Buffer): void {
    this.unread += chunk.length;
    if (this.unread === chunk.length) this.setHead(chunk);
    else this.queue(chunk);
  }

  /** The byte at `index`, which must be there. */
  protected byteAt(index: number): number | undefined {
    const inHead = this.start + index;
    if (inHead < this.head.length) return this.head[inHead];
    const chunk = this.rest[this.seek(index)] as Buffer;
    return chunk[inHead - this.soughtBase];
  }

  /** `n` bytes from `from` on, put together; they must be there. */
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

  /** Where `needle` starts at or after `from`, or -1: each chunk is searched by itself, then the seam behind it. */
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

  /** Puts the small chunks at the end together. What that makes may be small too, and is joined with those that come. */
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

  /** Counts `n` bytes of `head` as consumed and moves on when that was all of it. */
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

  /** `head` is used up: positions count from its end. */
  protected shift(n: number): void {
    this.before += n;
    this.soughtBase = Math.max(this.soughtBase - n, 0);
  }

  /** Which of `rest` the byte `from` lies in, which must be behind `head`; it begins at position `soughtBase`. */
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
