/**
 * The unread bytes of one stream, which frames are cut off from the front of.
 *
 * Strategy. A frame that lies inside one chunk of the {@link ChunkQueue} is a view of it (no copy), a frame across chunks is
 * put together once. Searches remember how far they went, so that no byte is looked at twice for the same separator, whatever
 * is appended, consumed or asked for in between:
 *
 *     head, rest   consumed│ a b c d e f g h │ not arrived…
 *                          │from      scanned│            no match starts in [from, scanned)
 *
 * Frames may be made ahead of being consumed: see {@link Ahead}.
 *
 * The file is long because the searches need to know of all that is consumed, and a line reader's speed is made here.
 */

import { defaults } from '../defaults';
import { bufferView } from './bufferView';
import { ChunkQueue } from './ChunkQueue';
import { indexOfByte } from './indexOfByte';
import { Needle, type Separator } from './Needle';
import { PendingSkip } from './PendingSkip';

/** Frames that were made of bytes that are not consumed yet: {@link ByteBuffer.ahead}. */
export interface Ahead {
  /** Whose frames they are; `undefined` where there are none. */
  readonly owner: unknown;
  /** How many bytes the frames have that were handed out. */
  taken(): number;
  /** The same, and from now on none: the buffer consumes them. */
  settle(): number;
}

/** How far one needle was looked for: positions in `head`, and on behind it. No match starts in [from, scanned). */
interface Memo {
  needle: Needle | undefined;
  from: number;
  /** Below the first unread byte where nothing is known any more. */
  scanned: number;
  /** Whether one starts at `scanned`. */
  found: boolean;
}

const NO_MEMO: Memo = { needle: undefined, from: 0, scanned: -1, found: false };
/** The list of a buffer that has not searched. Never pushed to. */
const NONE: never[] = [];
/** Besides those of a list of separators that are searched for together, each of which has its own. */
const MAX_MEMOS = 64;
export class ByteBuffer extends ChunkQueue {
  private memos: Memo[] = NONE;
  /** The one of the last search. */
  private recent: Memo = NO_MEMO;
  /** Which memo is written over next when all of them are of use, and how many there may be. */
  private nextMemo = 0;
  private maxMemos = MAX_MEMOS;
  /** Where the memo that was found last is: a list of separators finds the next one behind it. */
  private memoAt = 0;
  private discarding: PendingSkip | undefined;
  /**
   * @internal What was handed out ahead of being consumed, and ends as soon as somebody reads from the buffer in any other way.
   * Asking how much is left does not end it.
   */
  ahead: Ahead | undefined;

  /**
   * @param limit - The longest line or record, in bytes, for decoders that are given no limit of their own.
   */
  constructor(readonly limit: number = defaults.limit) {
    super();
  }

  /** How many bytes are unread. */
  get length(): number {
    return this.ahead === undefined ? this.unread : this.unread - this.ahead.taken();
  }

  /** @internal How many bytes were consumed since the start of the stream. */
  get position(): number {
    if (this.ahead !== undefined) this.settle();
    return this.before + this.start;
  }

  /**
   * @internal The position of the first byte of the frame that has begun: of the one that {@link skipThrough} is dropping,
   * else of what is unread; -1 if there is neither.
   */
  get frameStart(): number {
    if (this.discarding !== undefined) return this.discarding.from;
    return this.length > 0 ? this.position : -1;
  }

  /** Adds a chunk at the end. It is not copied: the caller must not change it from now on. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    let bytes = chunk instanceof Buffer ? chunk : bufferView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.discarding !== undefined) {
      const rest = this.discarding.rest(bytes);
      if (rest !== undefined) this.discarding = undefined;
      if (rest === undefined || rest.length === 0) return;
      bytes = rest;
    }
    this.enqueue(bytes);
  }

  /** Takes the first `n` bytes off: a view of one chunk where they lie in one, else a copy. `n` is at most `length`. */
  take(n: number): Buffer {
    if (this.ahead !== undefined) this.settle();
    // Written so that NaN goes the slow way, to be refused there.
    if (!(this.start + n <= this.head.length)) return this.takeAcross(n);
    const frame = bufferView(this.headMemory, this.headOffset + this.start, n);
    this.consume(n);
    return frame;
  }

  /** @internal Takes everything before `next` off, and returns what is from `from` to `end`: positions in {@link head}. */
  cut(from: number, end: number, next: number): Buffer {
    const frame = bufferView(this.headMemory, this.headOffset + from, end - from);
    this.consume(next - this.start);
    return frame;
  }

  /** Takes what is left of the first chunk off, as a view; at most `max` bytes of it. */
  takeChunk(max = Number.POSITIVE_INFINITY): Buffer {
    if (this.ahead !== undefined) this.settle();
    return this.take(Math.min(max, this.head.length - this.start));
  }

  /**
   * `n` bytes from `from` on, or all there are, left where they are: a view of one chunk where they lie in one. A `from`
   * below 0 is 0.
   */
  peek(n: number, from = 0): Buffer {
    if (this.ahead !== undefined) this.settle();
    const first = Math.max(0, from);
    const size = Math.max(0, Math.min(n, this.unread - first));
    const at = this.start + first;
    if (at + size <= this.head.length) return bufferView(this.headMemory, this.headOffset + at, size);
    return this.copy(size, first);
  }

  /** @internal The same where all `n` bytes have arrived, else `undefined`. */
  look(n: number, from: number): Buffer | undefined {
    if (this.ahead !== undefined) this.settle();
    const at = this.start + from;
    if (at + n <= this.head.length) return bufferView(this.headMemory, this.headOffset + at, n);
    return n <= this.unread - from ? this.copy(n, from) : undefined;
  }

  /** Drops the first `n` bytes. `n` is at most `length`. */
  skip(n: number): void {
    if (this.ahead !== undefined) this.settle();
    if (n >= 0 && this.start + n < this.head.length) {
      this.start += n;
      this.unread -= n;
      return;
    }
    let left = n;
    if (!(left >= 0 && left <= this.unread)) throw new RangeError(`Cannot skip ${n} bytes: there are ${this.unread}`);
    for (let first = this.head.length - this.start; left > first; first = this.head.length - this.start) {
      left -= first;
      this.consume(first);
    }
    this.consume(left);
  }

  /** Drops everything. */
  clear(): void {
    this.skip(this.length);
  }

  /**
   * Drops everything through the next match of `separator`, the bytes of it that have not arrived included: until then
   * the buffer looks empty, whatever is appended.
   *
   * @param separator - One, or a list of which the match that ends first counts.
   */
  skipThrough(separator: Separator): void;
  /** @internal */
  skipThrough(separator: Needle | readonly Needle[]): void;
  skipThrough(separator: Separator | Needle | readonly Needle[]): void {
    const needles = Needle.list(separator);
    const match = this.search(needles);
    if (match !== undefined) {
      this.skip(match.end);
      return;
    }
    this.discarding = new PendingSkip(needles, this.position);
    this.skip(Math.max(0, this.unread - this.discarding.widest + 1));
    this.discarding.rest(this.take(this.unread));
  }

  /** @internal Takes everything, and ends what {@link skipThrough} began: what comes now is another stream's. */
  takeAll(): Buffer {
    this.discarding = undefined;
    return this.take(this.length);
  }

  /** The byte at `index`, or `undefined` past the end. */
  at(index: number): number | undefined {
    if (this.ahead !== undefined) this.settle();
    if (index < 0 || index >= this.unread) return undefined;
    return this.byteAt(index);
  }

  /**
   * The match at or after `from` of any of several separators: the one that ends first, of those that end together the
   * shortest.
   *
   * @internal
   */
  search(needles: readonly Needle[], from = 0): { start: number; end: number } | undefined {
    let start = -1;
    let end = Number.POSITIVE_INFINITY;
    this.maxMemos = Math.max(this.maxMemos, needles.length + MAX_MEMOS);
    for (const needle of needles) {
      const at = this.indexOf(needle, from);
      const matchEnd = at + needle.length;
      if (at < 0 || matchEnd > end || (matchEnd === end && at < start)) continue;
      start = at;
      end = matchEnd;
    }
    return start < 0 ? undefined : { start, end };
  }

  /** The unsigned integer in the `bytes` (1 to 6) bytes from `offset` on, which must be there; big-endian unless `little`. */
  readUInt(offset: number, bytes: number, little = false): number {
    if (this.ahead !== undefined) this.settle();
    if (!(bytes >= 1 && bytes <= 6 && offset >= 0)) {
      throw new RangeError(
        `Cannot read an integer of ${bytes} bytes at ${offset}: it must be of 1 to 6, at 0 or further`,
      );
    }
    let at = this.start + offset;
    let chunk = this.head;
    if (at + bytes > chunk.length) {
      chunk = this.peek(bytes, offset);
      if (chunk.length < bytes) throw new RangeError(`Cannot read ${bytes} bytes: there are ${chunk.length}`);
      at = 0;
    }
    // Node's `readUIntBE` takes most of its time to look at its arguments.
    let value = 0;
    if (little) for (let i = at + bytes - 1; i >= at; i--) value = value * 256 + (chunk[i] as number);
    else for (let i = at; i < at + bytes; i++) value = value * 256 + (chunk[i] as number);
    return value;
  }

  /**
   * Where the first match of `separator` at or after `from` starts, or -1. Bytes that an earlier search for the same
   * separator has passed are not looked at again.
   *
   * @param separator - A string (its UTF-8 bytes) or bytes.
   * @param from - Where to start, in bytes from the front; below 0 is 0.
   */
  indexOf(separator: string | Uint8Array, from?: number): number;
  /** @internal */
  indexOf(separator: Needle, from?: number): number;
  indexOf(separator: string | Uint8Array | Needle, from = 0): number {
    const needle = separator instanceof Needle ? separator : Needle.of(separator);
    if (this.ahead !== undefined) this.settle();
    const { recent } = this;
    const wanted = from > 0 ? this.start + from : this.start;
    // One byte of which nothing is known, mostly in the first chunk: what a reader of short lines looks for. Through the
    // functions that serve all cases the same takes twice as long.
    if (recent.needle === needle && recent.scanned < wanted && needle.length === 1) {
      const at = indexOfByte(this.head, needle.first, wanted);
      if (at >= 0) {
        recent.from = wanted;
        recent.scanned = at;
        recent.found = true;
        return at - this.start;
      }
    }
    return this.find(needle, wanted);
  }

  private find(needle: Needle, wanted: number): number {
    const { start } = this;
    const memo = this.memoOf(needle, wanted);
    this.recent = memo;
    let at = wanted;
    if (knows(memo, wanted)) {
      if (memo.found) return memo.scanned - start;
      at = memo.scanned;
      // Nothing has come since.
      if (at + needle.length > start + this.unread) return -1;
    } else {
      memo.from = wanted;
    }
    const found = this.scan(needle, at - start);
    memo.found = found >= 0;
    memo.scanned = memo.found ? start + found : Math.max(at, start + this.unread - needle.length + 1);
    return found;
  }

  /** Counts the bytes of what was handed out ahead as consumed. */
  private settle(): void {
    this.consume((this.ahead as Ahead).settle());
  }

  private takeAcross(n: number): Buffer {
    if (!(n <= this.unread)) throw new RangeError(`Cannot take ${n} bytes: there are ${this.unread}`);
    const frame = this.copy(n);
    this.skip(n);
    return frame;
  }

  /** What was found out counts from the end of `head` from now on. */
  protected override shift(n: number): void {
    super.shift(n);
    for (const memo of this.memos) {
      memo.from = Math.max(memo.from - n, 0);
      memo.scanned = Math.max(memo.scanned - n, -1);
    }
  }

  private memoOf(needle: Needle, wanted: number): Memo {
    const { memos } = this;
    let free: Memo | undefined;
    for (let i = 0, at = this.memoAt; i < memos.length; i++, at++) {
      if (at >= memos.length) at = 0;
      const memo = memos[at] as Memo;
      const same = memo.needle?.key === needle.key;
      if (same && knows(memo, wanted)) {
        this.memoAt = at + 1;
        return memo;
      }
      // A search that everything has been consumed past knows nothing any more; one from further on is begun anew.
      if (memo.scanned < this.start || (same && memo.from > wanted)) free ??= memo;
    }
    if (free === undefined && memos.length >= this.maxMemos) free = memos[this.nextMemo++ % memos.length];
    if (free === undefined) {
      free = { needle, from: wanted, scanned: wanted, found: false };
      if (memos === NONE) this.memos = [free];
      else memos.push(free);
      return free;
    }
    free.needle = needle;
    free.from = free.scanned = wanted;
    free.found = false;
    return free;
  }
}

/** Whether a search from `wanted` on can be answered or gone on with. */
function knows(memo: Memo, wanted: number): boolean {
  return wanted >= memo.from && wanted <= memo.scanned;
}
