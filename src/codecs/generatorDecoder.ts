/**
 * Decoders written as generators: straight code in which a read that lacks bytes suspends.
 *
 * Strategy. While the generator runs, the decoder looks at bytes and does not consume them; a cursor counts how far it is. The
 * generator yields only when bytes are missing, and goes on from there when more have arrived. When it returns a frame, all
 * bytes up to the cursor are consumed at once. So all bytes of an unfinished frame stay in the buffer: for a new run of the
 * generator, or for any other read. That is why a frame needs a limit of its own. A generator that nothing continues is
 * ended, so that its `finally` blocks run.
 *
 * The file is long because the reads, the cursor that makes them and the decoder are one machine. The reads of small frames
 * are classes, because a closure for each would take as long as the read.
 */

import { assertByteCount, checkLimit } from '../argumentChecks';
import type { ByteBuffer } from '../bytes/ByteBuffer';
import { decodeText } from '../bytes/decodeText';
import { Needle, type Separator } from '../bytes/Needle';
import { defaults } from '../defaults';
import { LimitOverrunError } from '../errors';
import type { OwnDecoder } from './Decoder';
import { endGenerator } from './endGenerator';
import { findRecord } from './findRecord';
import { findTextLine } from './findTextLine';
import { type LinesOptions, textLineRules } from './textLineRules';

/** A read inside a generator: `yield*` returns what it reads. */
export interface FrameStep<T> {
  /** What `yield*` calls. */
  [Symbol.iterator](): Iterator<undefined, T, undefined>;
}

/** How {@link FrameReader.line} cuts and decodes. */
export interface FrameLineOptions extends LinesOptions {
  /** At the end of the stream, the rest is a line although it has no ending. Default `false`: the frame is incomplete. */
  readonly rest?: boolean | undefined;
}

/** What a generator decoder reads with. Nothing is consumed before the generator returns its frame. */
export interface FrameReader {
  /** Exactly `n` bytes. */
  exactly(n: number): FrameStep<Buffer>;
  /**
   * An unsigned integer of 1 to 6 bytes, big-endian unless `endian` is `'little'`. It is faster than `exactly(n)`, which makes
   * a Buffer.
   */
  uint(bytes: 1 | 2 | 3 | 4 | 5 | 6, endian?: 'big' | 'little'): FrameStep<number>;
  /** The bytes through the separator that ends first, separator included; `limit` in bytes, by default the reader's. */
  until(separator: Separator, options?: { readonly limit?: number | undefined }): FrameStep<Buffer>;
  /** A line of text without its ending; the options of `lines`, and `rest`. */
  line(options?: FrameLineOptions): FrameStep<string>;
  /** The next `n` bytes. The read after it sees them again. */
  peek(n: number): FrameStep<Buffer>;
  /** Skips `n` bytes. */
  skip(n: number): FrameStep<undefined>;
}

/**
 * One frame of a protocol as straight code: it reads with `yield*` and returns the frame. A frame of `undefined` is not emitted.
 */
export type FrameGenerator<T> = (read: FrameReader) => Generator<undefined, T, undefined>;

/**
 * The decoder of a generator function. It keeps the suspended generator, so it serves one subscription only.
 *
 * @param generate - Called for every frame.
 * @param maxLength - The longest frame in bytes: everything that the generator reads for it.
 */
export function generatorDecoder<T>(
  generate: FrameGenerator<T>,
  maxLength: number = defaults.maxLength,
): OwnDecoder<NonNullable<T> | (T & null)> {
  let cursor: Cursor | undefined;
  let suspended: Generator<undefined, T, undefined> | undefined;
  let suspendedAt = 0;
  let checked = false;
  let released = false;

  // The rare steps are functions of their own, so that the engine inlines the others.
  function decode(buffer: ByteBuffer, ended: boolean): NonNullable<T> | undefined {
    if (cursor === undefined || cursor.buffer !== buffer) {
      drop();
      cursor = new Cursor(buffer, maxLength);
    }
    cursor.ended = ended;
    const running = suspended === undefined ? begin(cursor) : goOn(cursor, suspended);
    if (running === undefined) return undefined;
    const result = running.next();
    if (!result.done) return suspend(cursor, running);
    const size = cursor.offset;
    if (size === 0 || size > maxLength) refuse(size);
    // After `undefined`, the read loop sees that bytes were consumed, and calls again.
    buffer.skip(size);
    return result.value as NonNullable<T>;
  }

  function begin(at: Cursor): Generator<undefined, T, undefined> | undefined {
    if (at.buffer.length === 0) return undefined;
    at.offset = 0;
    const running = generate(at);
    if (!checked) assertGenerator(running);
    checked = true;
    return running;
  }

  function goOn(at: Cursor, running: Generator<undefined, T, undefined>) {
    if (suspendedAt !== at.buffer.position) {
      // A TLS handshake has taken the bytes: they were no frame.
      drop();
      return begin(at);
    }
    suspended = undefined;
    return running;
  }

  function suspend({ buffer }: Cursor, running: Generator<undefined, T, undefined>): undefined {
    suspended = running;
    suspendedAt = buffer.position;
    // The generator may have ended its own read.
    if (released) drop();
    else if (buffer.length > maxLength) {
      // All buffered bytes belong to this frame, and its end is missing.
      drop();
      throw new LimitOverrunError(maxLength, buffer.length);
    }
  }

  function drop(): void {
    const running = suspended;
    suspended = undefined;
    if (running !== undefined) endGenerator(running, generate);
  }

  function release(): void {
    released = true;
    drop();
  }

  function refuse(size: number): never {
    if (size > maxLength) throw new LimitOverrunError(maxLength, size);
    throw new TypeError('Cannot decode the frame: the generator returned before it read a byte');
  }

  return { decode, release };
}

/** Refuses the promise of an async function, and an async generator: its `next` would never be done. */
function assertGenerator(value: unknown): void {
  if (typeof (value as Iterable<unknown> | undefined)?.[Symbol.iterator] === 'function') return;
  throw new TypeError('Cannot decode with this function: it returned no generator; it must be a function*');
}

class Cursor implements FrameReader {
  /** How many bytes of the frame were read. */
  offset = 0;
  /** Whether the stream has ended. */
  ended = false;

  constructor(
    readonly buffer: ByteBuffer,
    readonly maxLength: number,
  ) {}

  exactly(n: number): FrameStep<Buffer> {
    if (!(n >= 0 && (n | 0) === n)) assertByteCount('the number of bytes to read', n);
    return new Exactly(this, n, n);
  }

  uint(bytes: number, endian: 'big' | 'little' = 'big'): FrameStep<number> {
    if (!(bytes >= 1 && bytes <= 6 && (bytes | 0) === bytes)) {
      throw new RangeError(`Cannot read an integer of ${bytes} bytes: it must have 1 to 6`);
    }
    if (endian !== 'big' && endian !== 'little') {
      throw new TypeError(`Cannot use ${endian} as endian: it must be 'big' or 'little'`);
    }
    return new UnsignedInteger(this, bytes, endian === 'little');
  }

  peek(n: number): FrameStep<Buffer> {
    assertByteCount('the number of bytes to peek at', n);
    return new Exactly(this, n, 0);
  }

  skip(n: number): FrameStep<undefined> {
    assertByteCount('the number of bytes to skip', n);
    return new Step(() => {
      if (this.buffer.length - this.offset < n) return this.missing(n);
      this.offset += n;
      return undefined;
    });
  }

  until(separator: Separator, options?: { readonly limit?: number | undefined }): FrameStep<Buffer> {
    const needles = Needle.list(separator);
    const limit = checkLimit(options) ?? this.buffer.limit;
    return new Step(() => {
      const record = findRecord(this.buffer, needles, limit, this.offset);
      if (record === undefined) return MISSING;
      const bytes = this.buffer.peek(record.end - this.offset, this.offset);
      this.offset = record.end;
      return bytes;
    });
  }

  line(options: FrameLineOptions = {}): FrameStep<string> {
    const rules = textLineRules(options);
    const { rest = false } = options;
    return new Step(() => {
      const line = findTextLine(this.buffer, this.offset, rest && this.ended, rules);
      if (line === undefined) return MISSING;
      const text = decodeText(this.buffer.peek(line.length, this.offset), rules.encoding, 0, line.length);
      this.offset += line.length + line.ending;
      return text;
    });
  }

  /** Waits for `n` bytes from the cursor on. Throws if they would make the frame too long. */
  missing(n: number): typeof MISSING {
    if (this.offset + n > this.maxLength) throw new LimitOverrunError(this.maxLength, this.offset + n);
    return MISSING;
  }
}

/** The result of a read that lacks bytes. */
const MISSING = Symbol('missing');
const SUSPENDED: IteratorYieldResult<undefined> = { done: false, value: undefined };

/** A read of a generator. It is its own iterator and its own result, so it makes no other object. */
interface OwnResult<T> extends FrameStep<T>, Iterator<undefined, T, undefined>, IteratorReturnResult<T | undefined> {}

/** A read that is tried again whenever more bytes have arrived. */
class Step<T> implements OwnResult<T> {
  readonly done = true;
  value: T | undefined;

  constructor(private readonly attempt: () => T | typeof MISSING) {}

  next(): IteratorResult<undefined, T> {
    const value = this.attempt();
    if (value === MISSING) return SUSPENDED;
    this.value = value;
    return this as IteratorReturnResult<T>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** The same for a number of bytes, without a closure: most frames consist of these. */
class Exactly implements OwnResult<Buffer> {
  readonly done = true;
  value: Buffer | undefined;

  constructor(
    private readonly cursor: Cursor,
    private readonly size: number,
    private readonly step: number,
  ) {}

  next(): IteratorResult<undefined, Buffer> {
    const { cursor } = this;
    const { offset } = cursor;
    const bytes = cursor.buffer.look(this.size, offset);
    if (bytes === undefined) {
      cursor.missing(this.size);
      return SUSPENDED;
    }
    cursor.offset = offset + this.step;
    this.value = bytes;
    return this as IteratorReturnResult<Buffer>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** The same for an integer. */
class UnsignedInteger implements OwnResult<number> {
  readonly done = true;
  value: number | undefined;

  constructor(
    private readonly cursor: Cursor,
    private readonly bytes: number,
    private readonly little: boolean,
  ) {}

  next(): IteratorResult<undefined, number> {
    const { cursor, bytes } = this;
    const { buffer, offset } = cursor;
    if (buffer.length - offset < bytes) {
      cursor.missing(bytes);
      return SUSPENDED;
    }
    this.value = buffer.readUInt(offset, bytes, this.little);
    cursor.offset = offset + bytes;
    return this as IteratorReturnResult<number>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}
