/**
 * Decoders written as generators: straight code in which a read that lacks bytes suspends.
 *
 * Strategy. While the generator runs, bytes are looked at and not consumed; a cursor counts how far it is. It yields only
 * when bytes are missing, and goes on where it stopped when more have come; when it returns a frame, all bytes up to the
 * cursor are consumed at once. So the bytes of a frame that is not finished are all still there: for the same decoder,
 * which starts the frame again, or for any other read. That is why a frame has to have a limit of its own. A generator that
 * is not gone on with is ended, so that its `finally` blocks run.
 *
 * The file is long because the reads, the cursor that makes them and the decoder are one machine; those that small frames
 * are made of are classes of their own, since a closure for each would take as long as the read.
 */

import type { ByteBuffer } from '../bytes/ByteBuffer';
import { decodeText } from '../bytes/decodeText';
import { Needle, type Separator } from '../bytes/Needle';
import { assertByteCount, checkLimit } from '../checks';
import { defaults } from '../defaults';
import { LimitOverrunError } from '../errors';
import type { OwnDecoder } from './Decoder';
import { endGenerator } from './endGenerator';
import { findRecord } from './findRecord';
import { findTextLine } from './findTextLine';
import { type LinesOptions, textLineRules } from './textLineRules';

/** A read inside a generator: `yield*` it to get what it reads. */
export interface FrameStep<T> {
  /** What `yield*` calls. */
  [Symbol.iterator](): Iterator<undefined, T, undefined>;
}

/** How {@link FrameReader.line} cuts and decodes. */
export interface FrameLineOptions extends LinesOptions {
  /** At the end of the stream, take the rest as a line although it has no ending. Default `false`: the frame is incomplete. */
  readonly rest?: boolean | undefined;
}

/** What a generator decoder reads with. Nothing is consumed before the generator returns its frame. */
export interface FrameReader {
  /** Exactly `n` bytes. */
  exactly(n: number): FrameStep<Buffer>;
  /**
   * An unsigned integer of 1 to 6 bytes, big-endian unless `endian` is `'little'`. The same number out of `exactly(n)` takes
   * a Buffer more, which is a good part of the time of a small frame.
   */
  uint(bytes: 1 | 2 | 3 | 4 | 5 | 6, endian?: 'big' | 'little'): FrameStep<number>;
  /** The bytes through the separator that ends first, included; `limit` in bytes, by default the reader's. */
  until(separator: Separator, options?: { readonly limit?: number | undefined }): FrameStep<Buffer>;
  /** A line of text without its ending; options as of `lines`, and `rest`. */
  line(options?: FrameLineOptions): FrameStep<string>;
  /** The next `n` bytes, which the read after it sees again. */
  peek(n: number): FrameStep<Buffer>;
  /** Passes over `n` bytes. */
  skip(n: number): FrameStep<undefined>;
}

/**
 * A protocol's frame as straight code: reads with `yield*`, returns the frame. A frame of `undefined` is passed over.
 */
export type FrameGenerator<T> = (read: FrameReader) => Generator<undefined, T, undefined>;

/**
 * The decoder of a generator function. It holds the generator that is suspended, so it serves one subscription only.
 *
 * @param generate - Called for every frame.
 * @param maxLength - The longest frame in bytes: all that the generator reads for it.
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

  // What is not done for every frame is in functions of its own: the engine inlines the rest.
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
    // Where it returned `undefined`, the loop that decodes sees that something was consumed, and asks again.
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
      // Bytes that a TLS handshake has taken away were no frame.
      drop();
      return begin(at);
    }
    suspended = undefined;
    return running;
  }

  function suspend({ buffer }: Cursor, running: Generator<undefined, T, undefined>): undefined {
    suspended = running;
    suspendedAt = buffer.position;
    // It may have ended its own read.
    if (released) drop();
    else if (buffer.length > maxLength) {
      // All that is there belongs to this frame, and it is not all of it.
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
    throw new TypeError('Cannot decode the frame: the generator returned without having read a byte');
  }

  return { decode, release };
}

/** Refuses an async function's promise and an async generator, whose `next` would never be done. */
function assertGenerator(value: unknown): void {
  if (typeof (value as Iterable<unknown> | undefined)?.[Symbol.iterator] === 'function') return;
  throw new TypeError('Cannot decode with a function that makes no generator: it must be a function*');
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
      throw new RangeError(`Cannot read an integer of ${bytes} bytes: it must be of 1 to 6`);
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

  /** Waits for `n` bytes from the cursor on, but not for a frame that would be too long with them. */
  missing(n: number): typeof MISSING {
    if (this.offset + n > this.maxLength) throw new LimitOverrunError(this.maxLength, this.offset + n);
    return MISSING;
  }
}

/** What a read answers that lacks bytes. */
const MISSING = Symbol('missing');
const SUSPENDED: IteratorYieldResult<undefined> = { done: false, value: undefined };

/** A read of a generator: its own iterator, and its own result when it has one, so that it makes no other object. */
interface OwnResult<T> extends FrameStep<T>, Iterator<undefined, T, undefined>, IteratorReturnResult<T | undefined> {}

/** A read that is tried again whenever more bytes have come. */
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

/** The same for a number of bytes, without a closure: it is what most frames are made of. */
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
