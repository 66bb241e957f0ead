/**
 * The unread bytes of one stream. Frames are cut off its front.
 *
 * Strategy. A frame inside one chunk of the {@link ChunkQueue} is a view of that chunk. A frame across chunks is copied once.
 * Searches remember how far they went. So no byte is searched twice for the same separator, whatever is appended, consumed
 * or searched for in between:
 *
 *     head, rest   consumed│ a b c d e f g h │ not arrived…
 *                          │from      scanned│            no match starts in [from, scanned)
 *
 * Frames may be made ahead of being consumed: see {@link Ahead}.
 *
 * The file is long because each search must know of every byte that is consumed.
 */

import { defaults } from '../defaults';
import { type BufferSnapshot, showBufferSnapshot } from '../observing/BufferSnapshot';
import { inspectSymbol } from '../observing/inspectSymbol';
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

/** How far one search went: positions in `head` and behind it. No match starts in [from, scanned). */
interface Memo {
  needle: Needle | undefined;
  from: number;
  /** Below the first unread byte if nothing is known any more. */
  scanned: number;
  /** Whether a match starts at `scanned`. */
  found: boolean;
}

const NO_MEMO: Memo = { needle: undefined, from: 0, scanned: -1, found: false };
/** The list of a buffer that has not searched. Never pushed to. */
const NONE: never[] = [];
/** The memos of a list of separators do not count: each separator of the list has its own. */
const MAX_MEMOS = 64;

/**
 * The unread bytes of one stream: a decoder takes its frames off the front.
 *
 * A frame inside one chunk is a view of it, one across chunks is a copy. The buffer remembers how far each search went, so
 * no byte is looked at twice for the same separator.
 *
 * @example
 * ```ts
 * import { type Decoder, decode, StreamReader } from 'rxjs-tcp';
 *
 * const pairs: Decoder<string> = {
 *   decode: (buffer) => (buffer.length < 2 ? undefined : `${buffer.take(2)}`),
 * };
 * StreamReader.from([Buffer.from('abc'), Buffer.from('d')])
 *   .pipe(decode(pairs))
 *   .subscribe((pair) => console.log(pair));
 * // → ab
 * // → cd
 * ```
 */
export class ByteBuffer extends ChunkQueue {
  private memos: Memo[] = NONE;
  /** The memo of the last search. */
  private recent: Memo = NO_MEMO;
  /** Which memo is replaced next when all of them are in use, and how many there may be. */
  private nextMemo = 0;
  private maxMemos = MAX_MEMOS;
  /** The index of the memo that was found last: a list of separators finds its next memo behind it. */
  private memoAt = 0;
  private discarding: PendingSkip | undefined;
  /**
   * @internal What was handed out ahead of being consumed, and ends as soon as somebody reads from the buffer in any other way.
   * Asking how much is left does not end it.
   */
  ahead: Ahead | undefined;

  /**
   * @param limit - The longest line or record in bytes, for decoders without a limit of their own.
   */
  constructor(readonly limit: number = defaults.limit) {
    super();
  }

  /** How many bytes are unread. */
  get length(): number {
    return this.ahead === undefined ? this.unread : this.unread - this.ahead.taken();
  }

  /** How much is unread, as plain data. `console.log` shows the same in one line, and no byte. */
  toJSON(): BufferSnapshot {
    return { unread: this.length, limit: this.limit };
  }

  /** @internal */
  [inspectSymbol](): string {
    return showBufferSnapshot('ByteBuffer', this.toJSON());
  }

  /** @internal How many bytes were consumed since the start of the stream. */
  get position(): number {
    if (this.ahead !== undefined) this.settle();
    return this.before + this.start;
  }

  /**
   * @internal The position of the first byte of the unfinished frame: the frame that {@link skipThrough} drops, else the
   * unread bytes; -1 if there is neither.
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

  /** Takes the first `n` bytes: a view if one chunk has them all, else a copy. `n` is at most `length`. */
  take(n: number): Buffer {
    if (this.ahead !== undefined) this.settle();
    // NaN takes the slow path, which refuses it.
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

  /** Takes the rest of the first chunk, at most `max` bytes, as a view. */
  takeChunk(max = Number.POSITIVE_INFINITY): Buffer {
    if (this.ahead !== undefined) this.settle();
    return this.take(Math.min(max, this.head.length - this.start));
  }

  /**
   * Returns `n` bytes from `from` on, or all that there are, and consumes nothing. They are a view if one chunk has them all.
   * A `from` below 0 is 0.
   */
  peek(n: number, from = 0): Buffer {
    if (this.ahead !== undefined) this.settle();
    const first = Math.max(0, from);
    const size = Math.max(0, Math.min(n, this.unread - first));
    const at = this.start + first;
    if (at + size <= this.head.length) return bufferView(this.headMemory, this.headOffset + at, size);
    return this.copy(size, first);
  }

  /** @internal The same if all `n` bytes have arrived, else `undefined`. */
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
   * Drops everything through the next match of `separator`, also the bytes that have not arrived yet: until then the buffer
   * looks empty, whatever is appended.
   *
   * @param separator - One separator, or a list: the match that ends first counts.
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

  /** @internal Takes everything, and ends what {@link skipThrough} began: the bytes that follow belong to another stream. */
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
   * The match of any of several separators at or after `from`: the one that ends first. If several end together, the shortest.
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

  /** The unsigned integer in the `bytes` (1 to 6) bytes at `offset`, which must have arrived; big-endian unless `little`. */
  readUInt(offset: number, bytes: number, little = false): number {
    if (this.ahead !== undefined) this.settle();
    if (!(bytes >= 1 && bytes <= 6 && offset >= 0)) {
      throw new RangeError(
        `Cannot read an integer of ${bytes} bytes at ${offset}: it must have 1 to 6, at offset 0 or above`,
      );
    }
    let at = this.start + offset;
    let chunk = this.head;
    if (at + bytes > chunk.length) {
      chunk = this.peek(bytes, offset);
      if (chunk.length < bytes) throw new RangeError(`Cannot read ${bytes} bytes: there are ${chunk.length}`);
      at = 0;
    }
    // Node's `readUIntBE` spends most of its time on checking its arguments.
    let value = 0;
    if (little) for (let i = at + bytes - 1; i >= at; i--) value = value * 256 + (chunk[i] as number);
    else for (let i = at; i < at + bytes; i++) value = value * 256 + (chunk[i] as number);
    return value;
  }

  /**
   * Where the first match of `separator` at or after `from` starts, or -1. It does not search again the bytes that an
   * earlier search for the same separator has passed.
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
    // One byte that nothing is known of, mostly in the first chunk: the search of a reader of short lines. The functions for all
    // cases take twice as long.
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
      // Nothing has arrived since.
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

  /** From now on the memos count from the end of `head`. */
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
      // A memo whose bytes are all consumed knows nothing any more. A search that starts after `wanted` must start again.
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

/** Whether a memo answers a search from `wanted` on, or saves it a part of the way. */
function knows(memo: Memo, wanted: number): boolean {
  return wanted >= memo.from && wanted <= memo.scanned;
}
