/**
 * The reading side of a connection: an Observable of bytes that keeps the unread ones.
 *
 * The bytes live in the reader, in one buffer for each connection. So subscriptions and promises may come and go, and no byte
 * is lost between them. {@link ReadLoop} does the work. This file has its public members, and the fast path of a promise whose
 * frame has already arrived.
 *
 * The file is long because a reader has many members, and their documentation.
 */
import { asyncScheduler, Observable, type Subscriber } from 'rxjs';
import { assertBlockSize, assertByteCount, assertSignal, assertTimeout, checkLimit } from '../argumentChecks';
import { Needle, type Separator } from '../bytes/Needle';
import type { Decoder, Framing, GeneratorCodec } from '../codecs/Decoder';
import type { FrameGenerator } from '../codecs/generatorDecoder';
import {
  allDecoder,
  ExactlyDecoder,
  lineDecoder,
  PeekDecoder,
  someDecoder,
  untilDecoder,
  upToDecoder,
} from '../codecs/readDecoders';
import { type FrameCutter, toFraming } from '../codecs/toFraming';
import { defaults } from '../defaults';
import { ConnectionClosedError, IncompleteReadError } from '../errors';
import { eventLoop } from '../eventLoop';
import { inspectSymbol } from '../observing/inspectSymbol';
import { heldInReaderSnapshot, type ReaderSnapshot, showReaderSnapshot } from '../observing/ReaderSnapshot';
import type { Upstream } from '../transports/Upstream';
import type { AsyncValues } from './AsyncValues';
import { type ByteSource, feedFrom, type SourceFeed } from './feedFrom';
import { iterateChunks } from './iterateChunks';
import { PromiseRead } from './PromiseRead';
import { ReadLoop } from './ReadLoop';
import type { ReadFrameOptions, ReadOptions, WaitOptions } from './ReadOptions';
import { linkTo } from './rxjs7';
import { SubscriberRead } from './SubscriberRead';

/** Options of {@link StreamReader.from}. */
export interface StreamReaderOptions {
  /** The longest line or record in bytes, and half of what is read ahead. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** How many unread bytes may wait if the source is an Observable, which can't be paused. Default 16 MiB. */
  readonly maxBuffered?: number | undefined;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);
const NOTHING: WaitOptions = {};
const LINE = /* @__PURE__ */ lineDecoder();
const SOME = someDecoder();
const ALL = allDecoder(defaults.readAllLimit);

const emptyAtEnd = () => EMPTY;
const nothingAtEnd = () => undefined;

/**
 * The bytes of a connection, as an Observable of chunks. You can also read them in any other way.
 *
 * Subscribe to read chunks as they arrive. Pipe it through an operator (`readLine`, `readExactly`, `readUntil`, `lines`, `read`)
 * to read frames. Or call a method to read one frame as a promise. One read runs at a time: a second read gets a
 * `ReaderBusyError`. If a read begins inside the active read's `next`, the reader decides when `next` returns.
 *
 * - Emits when bytes have arrived and nothing holds the reader.
 * - Pauses when `pause()` was called. It pauses the socket when more than `2 × limit` bytes are unread.
 * - Completes when the stream has ended and everything is read.
 * - Errors when the connection broke, after the bytes that arrived before.
 *
 * When a read is unsubscribed, aborted or times out, every byte that was not delivered stays for the next read.
 *
 * @example
 * ```ts
 * import { firstValueFrom } from 'rxjs';
 * import { lines, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('one\ntw'), Buffer.from('o\nrest')]);
 * console.log(`${await reader.readLine()}`.trimEnd()); // → one
 * console.log(await firstValueFrom(reader.pipe(lines()))); // → two
 * console.log(`${await reader.read(4)}`); // → rest
 * ```
 */
export class StreamReader extends Observable<Buffer> {
  private readonly loop: ReadLoop;
  private lastDecoder: Framing<unknown> | undefined;
  private lastFrames: Observable<unknown> | undefined;

  /** @internal Readers come from a connection or from {@link from}. */
  constructor(limit: number = defaults.limit, upstream?: Upstream) {
    super(subscribeToChunks);
    this.loop = new ReadLoop(limit, upstream);
  }

  /**
   * Makes a reader of bytes from another source. It starts to read at once, ahead of its consumer.
   *
   * It reads Readables, Web streams and iterables no faster than you read it. An Observable can't be paused: if it runs more than
   * `maxBuffered` bytes ahead, the reader fails with a `BufferOverflowError`. {@link cancel} releases the source.
   *
   * @param source - Chunks of bytes.
   * @param options - `limit`, `maxBuffered`, in bytes.
   * @throws `TypeError` for bare bytes, a string or any other source without chunks.
   */
  static from(source: ByteSource, options: StreamReaderOptions = {}): StreamReader {
    const { limit = defaults.limit, maxBuffered = defaults.maxBuffered } = options;
    assertByteCount('limit', limit, 1, Number.POSITIVE_INFINITY);
    assertByteCount('maxBuffered', maxBuffered, 1, Number.POSITIVE_INFINITY);
    const feed = feedFrom(source, maxBuffered);
    const reader = new SourceReader(limit, feed);
    feed.start(reader.input);
    return reader;
  }

  /** How many bytes have arrived and are unread. */
  get bufferedAmount(): number {
    return this.loop.buffer.length;
  }

  /**
   * Reads up to `n` bytes, as soon as there are any; an empty Buffer at the end of the stream.
   *
   * @param n - The most bytes to take. -1 reads to the end of the stream, as {@link readAll}. 0 resolves at once.
   * @param options - `signal`, `timeout`. `limit` is for -1 only, because `n` is a limit itself.
   * @throws `RangeError` for other negative numbers.
   */
  read(n = -1, options?: ReadOptions): Promise<Buffer> {
    if (n === -1) return this.readAll(options);
    checkLimit(options);
    assertByteCount('the number of bytes to read', n);
    return n === 0 ? this.nothing(options) : this.one(upToDecoder(n), emptyAtEnd, options);
  }

  /**
   * Reads everything to the end of the stream; an empty Buffer if there is nothing.
   *
   * @param options - `limit`: the most bytes that may arrive, 16 MiB by default. Above it the promise rejects with a
   *   `LimitOverrunError`, and the bytes stay.
   */
  readAll(options?: ReadOptions): Promise<Buffer> {
    return this.one(
      options?.limit === undefined ? ALL : allDecoder(checkLimit(options) as number),
      emptyAtEnd,
      options,
    );
  }

  /**
   * Reads the next line with its `\n`. At the end of the stream: the unterminated rest, then an empty Buffer.
   *
   * @param options - `limit`: for a longer line, the promise rejects with a `LimitOverrunError`, and the line is dropped.
   */
  readLine(options?: ReadOptions): Promise<Buffer> {
    return this.one(options?.limit === undefined ? LINE : lineDecoder(checkLimit(options)), emptyAtEnd, options);
  }

  /**
   * Reads exactly `n` bytes, also above the reader's limit.
   *
   * @param options - `limit`: the largest `n` that is allowed, 16 MiB by default. Set your own if the peer sends the size.
   * @returns Rejects with an `IncompleteReadError` that has the bytes that arrived, if the stream ends before `n` bytes.
   * @throws `LimitOverrunError` for an `n` above `limit`, without waiting for a byte; `RangeError` for a negative `n`.
   */
  readExactly(n: number, options?: ReadOptions): Promise<Buffer> {
    assertBlockSize(n, options);
    if (n === 0) return this.nothing(options);
    return this.one(new ExactlyDecoder(n), incompleteBlock, options);
  }

  /**
   * Reads the bytes through the next separator, separator included. Of several separators, the match that ends first counts.
   *
   * @param options - `limit`: for a longer record, the promise rejects with a `LimitOverrunError`, and the bytes stay.
   * @returns Rejects with an `IncompleteReadError` whose `expected` is `null`, if the stream ends before the separator.
   * @throws `TypeError` or `RangeError` for an invalid or empty separator.
   */
  readUntil(separator: Separator, options?: ReadOptions): Promise<Buffer> {
    return this.one(untilDecoder(Needle.list(separator), checkLimit(options)), incompleteRecord, options);
  }

  /**
   * Reads one frame of a codec, or of a generator function; `undefined` at the end of the stream.
   *
   * @example
   * ```ts
   * import { lengthPrefixed, StreamReader } from 'rxjs-tcp';
   *
   * const reader = StreamReader.from([Buffer.from('\x02hi\x00\x05'), Buffer.from('world')]);
   * console.log(`${await reader.readFrame(lengthPrefixed({ bytes: 1 }))}`); // → hi
   * const word = await reader.readFrame(function* (read) {
   *   const size = yield* read.uint(2);
   *   return `${yield* read.exactly(size)}`;
   * });
   * console.log(word); // → world
   * console.log(await reader.readFrame(lengthPrefixed({ bytes: 1 }))); // → undefined
   * ```
   * @param decoder - Cuts and decodes the frame, as with the operator `decode`.
   * @param options - `signal`, `timeout`; `maxLength` of a generator's frame, in bytes.
   * @returns Rejects with the error of the decoder, which keeps the bytes that it has not consumed, and with an
   *   `IncompleteReadError` that has the unfinished frame, if the stream ends inside it.
   * @throws `TypeError` for an invalid decoder.
   */
  readFrame<T>(decoder: Decoder<T>, options?: ReadFrameOptions): Promise<T | undefined>;
  /** One frame that a generator function reads. */
  readFrame<T>(
    generate: FrameGenerator<T> | Pick<GeneratorCodec<T>, 'decode'>,
    options?: ReadFrameOptions,
  ): Promise<T | undefined>;
  readFrame<T>(decoder: FrameCutter<T>, options: ReadFrameOptions = NOTHING): Promise<T | undefined> {
    const framing = toFraming(decoder, options.maxLength);
    assertWaitable(options);
    const { loop } = this;
    if (--eventLoop.asksLeft <= 0 && eventLoop.look()) loop.yieldTurn(true);
    return PromiseRead.frame<T | undefined>(loop, framing, nothingAtEnd, options);
  }

  /** Returns at most `n` of the buffered bytes, and consumes nothing. */
  peek(n: number): Buffer {
    assertByteCount('the number of bytes to peek at', n, 0, Number.POSITIVE_INFINITY);
    return this.loop.buffer.peek(n);
  }

  /**
   * Waits for the next `n` bytes, and leaves them for the next read: to choose a protocol by its first bytes.
   *
   * @example
   * ```ts
   * import { StreamReader } from 'rxjs-tcp';
   *
   * const reader = StreamReader.from([Buffer.from('GE'), Buffer.from('T / HTTP/1.0\r\n')]);
   * const first = await reader.peekExactly(3);
   * console.log(first[0] === 0x16 ? 'TLS' : `${first}`); // → GET
   * console.log(`${await reader.readLine()}`.trimEnd()); // → GET / HTTP/1.0
   * ```
   * @param options - `limit`: the largest `n` that is allowed, 16 MiB by default.
   * @returns Rejects with an `IncompleteReadError` if the stream ends before `n` bytes. Its `partial` has the bytes that
   *   arrived; here they stay, for another read.
   * @throws `LimitOverrunError` for an `n` above `limit`; `RangeError` for a negative `n`.
   */
  peekExactly(n: number, options?: ReadOptions): Promise<Buffer> {
    assertBlockSize(n, options);
    if (n === 0) return this.nothing(options);
    return this.one(new PeekDecoder(n), incompleteBlock, options);
  }

  /** True when the stream has ended and everything is read. */
  atEof(): boolean {
    return this.loop.atEof;
  }

  /**
   * Holds delivery before the next frame: to subscriptions and promises, also the end and errors.
   *
   * Holds are counted and outlive subscriptions. The reader still reads ahead, up to `2 × limit` bytes.
   *
   * @returns A function that releases this hold, once. The release of the last hold delivers at once, unless a delivery is
   *   running.
   */
  pause(): () => void {
    let held = true;
    this.loop.hold('pause');
    return () => {
      if (!held) return;
      held = false;
      this.loop.release('pause');
    };
  }

  /**
   * Releases the source of a reader that {@link from} made: unsubscribes from an Observable, destroys a Readable, cancels a
   * Web stream, calls `return` of an iterator. After the end of the source it does nothing.
   *
   * The bytes that have arrived stay readable. After them, the pending read and every later one fail with the reason.
   *
   * @param reason - Default: a `ConnectionClosedError`. A Web stream gets it, and a Readable if it is an `Error`.
   * @returns Resolves when the iterator or the Web stream has closed; rejects if that fails. You need not await it.
   * @throws `TypeError` for the reader of a connection: close or destroy the connection instead.
   */
  cancel(reason?: unknown): Promise<void>;
  cancel(): Promise<void> {
    throw new TypeError('Cannot cancel the reader of a connection: close or destroy the connection');
  }

  /** Cancels at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  /**
   * Iterates over the chunks, one at a time. Leaving the loop keeps the connection and the unread bytes. If this side closed the
   * connection before the peer ended, the loop fails with a `ConnectionClosedError`: the peer may have sent more.
   *
   * From its first value until you leave it, the loop makes `connect` keep our side open after the peer has ended.
   */
  [Symbol.asyncIterator](): AsyncValues<Buffer> {
    return iterateChunks(this.loop, (left) => this.one(SOME, emptyAtEnd, left));
  }

  /** The state and the counters as plain data, without a byte of the peer. `console.log` shows them in one line. */
  toJSON(): ReaderSnapshot {
    const { state, limit, reading, paused, holders } = this.loop;
    return { state, unread: this.bufferedAmount, limit, reading, paused, ...heldInReaderSnapshot(holders) };
  }

  /** @internal */
  [inspectSymbol](): string {
    return showReaderSnapshot('StreamReader', asyncScheduler.now(), this.toJSON());
  }

  /** @internal The frames that a decoder cuts. For the same decoder it is the same Observable. */
  frames<T>(decoder: Framing<T>): Observable<T> {
    if (decoder === this.lastDecoder) return this.lastFrames as Observable<T>;
    const frames = new Observable<T>((subscriber) => new SubscriberRead(this.loop, decoder, subscriber).begin());
    this.lastDecoder = decoder;
    this.lastFrames = frames;
    return linkTo(this, frames);
  }

  /** @internal */
  get input(): ReadLoop {
    return this.loop;
  }

  private one<T, D extends Decoder<T>>(
    decoder: D & Decoder<T>,
    atEnd: (decoder: D) => T,
    options: WaitOptions = NOTHING,
  ): Promise<T> {
    // Kept short, so that the engine can inline the code that takes the frame.
    const mayTake = options === NOTHING || assertWaitable(options);
    const { loop } = this;
    // A loop of reads that resolve at once never ends its turn by itself, neither at the end of the stream.
    if (--eventLoop.asksLeft <= 0 && eventLoop.look()) {
      loop.yieldTurn(true);
    } else if (mayTake && loop.idle) {
      try {
        const frame = loop.take(decoder);
        if (frame !== undefined) return Promise.resolve(frame);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return PromiseRead.of(loop, decoder, atEnd, options);
  }

  private nothing(options: WaitOptions = NOTHING): Promise<Buffer> {
    return assertWaitable(options) ? Promise.resolve(EMPTY) : Promise.reject(options.signal?.reason);
  }
}

/**
 * Throws for an invalid `timeout` or `signal`.
 *
 * @returns False if the signal is aborted.
 */
function assertWaitable({ timeout, signal }: WaitOptions): boolean {
  assertTimeout('timeout', timeout);
  assertSignal(signal);
  return signal?.aborted !== true;
}

/** A reader whose source can be cancelled. */
class SourceReader extends StreamReader {
  private cancelled: Promise<void> | undefined;

  constructor(
    limit: number,
    private readonly feed: SourceFeed,
  ) {
    super(limit, feed.upstream);
  }

  override cancel(reason?: unknown): Promise<void> {
    if (this.cancelled === undefined) {
      this.cancelled = this.feed.cancel(reason);
      // Nobody has to await the promise.
      this.cancelled.catch(() => {});
      this.input.fail(reason ?? new ConnectionClosedError('Cannot read: the reader was cancelled'));
    }
    return this.cancelled;
  }
}

/** One function for all readers: RxJS calls it as a method. */
function subscribeToChunks(this: Observable<Buffer>, subscriber: Subscriber<Buffer>): void {
  new SubscriberRead((this as StreamReader).input, SOME, subscriber).begin();
}

function incompleteBlock({ size }: ExactlyDecoder | PeekDecoder): never {
  throw new IncompleteReadError(EMPTY, size);
}

function incompleteRecord(): never {
  throw new IncompleteReadError(EMPTY, null);
}
