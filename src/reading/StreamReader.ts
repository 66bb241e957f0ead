/**
 * The reading side of a connection: an Observable of bytes that keeps what nobody has read.
 *
 * The bytes live in the reader, one buffer for each connection, so subscriptions and promises may come and go and no
 * byte is lost between them. The work is done by {@link ReadLoop}; here is its public face, and the fast path of a
 * promise whose frame has already arrived.
 *
 * The file is long because a reader has many members; half of it is their documentation.
 */
import { Observable, type Subscriber } from 'rxjs';
import { Needle, type Separator } from '../bytes/Needle';
import { assertBlockSize, assertByteCount, assertSignal, assertTimeout, checkLimit } from '../checks';
import type { Decoder, Framing } from '../codecs/Decoder';
import {
  allDecoder,
  ExactlyDecoder,
  lineDecoder,
  someDecoder,
  untilDecoder,
  upToDecoder,
} from '../codecs/readDecoders';
import { defaults } from '../defaults';
import { ConnectionClosedError, IncompleteReadError } from '../errors';
import { eventLoop } from '../eventLoop';
import type { Upstream } from '../transports/Upstream';
import type { AsyncValues } from './AsyncValues';
import { type ByteSource, feedFrom, type SourceFeed } from './feedFrom';
import { PromiseRead } from './PromiseRead';
import { ReadLoop } from './ReadLoop';
import type { ReadOptions, WaitOptions } from './ReadOptions';
import { linkTo } from './rxjs7';
import { SubscriberRead } from './SubscriberRead';

/** Options of {@link StreamReader.from}. */
export interface StreamReaderOptions {
  /** The longest line or record in bytes, and half of what is read ahead. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** How many unread bytes an Observable, which can't be paused, may pile up. Default 16 MiB. */
  readonly maxBuffered?: number | undefined;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);
const NOTHING: WaitOptions = {};
const LINE = lineDecoder();
const SOME = someDecoder();
const ALL = allDecoder(defaults.readAllLimit);

const emptyAtEnd = () => EMPTY;

/**
 * Bytes from a connection, as an Observable of chunks that can be read in any other way too.
 *
 * Subscribing reads chunks as they arrive; `pipe` an operator (`readLine`, `readExactly`, `readUntil`, `lines`, `read`)
 * to read frames; or call a method for one frame and a promise. One at a time: a second read while one is active gets a
 * `ReaderBusyError`. A read begun inside the active one's `next` is decided when that returns.
 *
 * - Emits when bytes have arrived and nobody holds the reader.
 * - Pauses when `pause()` was called, and pauses the socket when more than `2 × limit` bytes are unread.
 * - Completes when the stream has ended and everything is read.
 * - Errors when the connection broke, after everything that arrived before.
 *
 * Unsubscribing, aborting or timing out keeps every byte that was not delivered for the next read.
 *
 * @example
 * ```ts
 * const reader = StreamReader.from([Buffer.from('one\ntw'), Buffer.from('o\nrest')]);
 * console.log(`${await reader.readLine()}`.trim(), `${await firstValueFrom(reader.pipe(readLine()))}`.trim());
 * console.log(`${await reader.read(4)}`); // one two, then rest
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
   * A reader on bytes from somewhere else. It starts to read at once, ahead of its consumer.
   *
   * Readables, Web streams and iterables are read no faster than the reader is; an Observable can't be told to wait, and
   * fails the reader with a `BufferOverflowError` when it runs `maxBuffered` bytes ahead. {@link cancel} lets go of the source.
   *
   * @param source - Chunks of bytes.
   * @param options - `limit`, `maxBuffered`, in bytes.
   * @throws `TypeError` for bare bytes, a string or anything else that has no chunks.
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
   * Up to `n` bytes, as soon as there are any; an empty Buffer at the end of the stream.
   *
   * @param n - The most bytes to take; -1 reads to the end of the stream, as {@link readAll}; 0 is answered at once.
   * @param options - `signal`, `timeout`; `limit` is for -1 alone, since `n` is one itself.
   * @throws `RangeError` for other negatives.
   */
  read(n = -1, options?: ReadOptions): Promise<Buffer> {
    if (n === -1) return this.readAll(options);
    checkLimit(options);
    assertByteCount('the number of bytes to read', n);
    return n === 0 ? this.nothing(options) : this.one(upToDecoder(n), emptyAtEnd, options);
  }

  /**
   * Everything to the end of the stream; an empty Buffer if that is nothing.
   *
   * @param options - `limit`: the most bytes that may come, 16 MiB by default; above it the promise rejects with a
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
   * The next line, its `\n` included; the unterminated rest at the end of the stream, then an empty Buffer.
   *
   * @param options - `limit`: a longer line rejects with a `LimitOverrunError` and is dropped through its end.
   */
  readLine(options?: ReadOptions): Promise<Buffer> {
    return this.one(options?.limit === undefined ? LINE : lineDecoder(checkLimit(options)), emptyAtEnd, options);
  }

  /**
   * Exactly `n` bytes, above the reader's limit too.
   *
   * @param options - `limit`: the largest `n` that is allowed, 16 MiB by default. Give your own where the peer says how many
   *   bytes come.
   * @returns Rejects with an `IncompleteReadError` that has what there was if the stream ends before.
   * @throws `LimitOverrunError` for an `n` above `limit`, before a byte is waited for; `RangeError` for a negative `n`.
   */
  readExactly(n: number, options?: ReadOptions): Promise<Buffer> {
    assertBlockSize(n, options);
    if (n === 0) return this.nothing(options);
    return this.one(new ExactlyDecoder(n), incompleteBlock, options);
  }

  /**
   * The bytes through the next separator, included; of several separators the match that ends first.
   *
   * @param options - `limit`: a longer record rejects with a `LimitOverrunError`, and the bytes stay.
   * @returns Rejects with an `IncompleteReadError` whose `expected` is `null` if the stream ends before.
   * @throws `TypeError` or `RangeError` for an invalid or empty separator.
   */
  readUntil(separator: Separator, options?: ReadOptions): Promise<Buffer> {
    return this.one(untilDecoder(Needle.list(separator), checkLimit(options)), incompleteRecord, options);
  }

  /** What is buffered now, at most `n` bytes of it, left where it is. */
  peek(n: number): Buffer {
    assertByteCount('the number of bytes to peek at', n, 0, Number.POSITIVE_INFINITY);
    return this.loop.buffer.peek(n);
  }

  /** True when the stream has ended and everything is read. */
  atEof(): boolean {
    return this.loop.atEof;
  }

  /**
   * Holds delivery before the next frame: subscriptions, promises, the end and errors alike.
   *
   * Holds are counted and outlive subscriptions. Bytes are still read ahead, up to `2 × limit`.
   *
   * @returns Releases this hold, once; the release of the last one delivers at once, unless a delivery is running.
   */
  pause(): () => void {
    let held = true;
    this.loop.hold();
    return () => {
      if (!held) return;
      held = false;
      this.loop.release();
    };
  }

  /**
   * Lets go of the source of a reader that {@link from} made: unsubscribes from an Observable, destroys a Readable, cancels a
   * Web stream, calls `return` of an iterator. After the end of the source it does nothing.
   *
   * What has arrived stays readable. A read that waits, and every later one, then fails with the reason.
   *
   * @param reason - Default: a `ConnectionClosedError`. A Web stream is given it, and a Readable if it is an `Error`.
   * @returns Resolves when an iterator or a Web stream has closed; rejects with what it fails with there. Needs no `await`.
   * @throws `TypeError` on the reader of a connection: close or destroy that.
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
   * Chunks, one at a time; leaving the loop keeps the connection and the unread bytes. Where the connection was closed on
   * this side before the peer had ended, the loop fails with a `ConnectionClosedError`: more may have been on its way.
   *
   * From its first value until it is left, `connect` keeps our side open behind a peer that has ended.
   */
  [Symbol.asyncIterator](): AsyncValues<Buffer> {
    const { loop } = this;
    const left = new AbortController();
    const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
    let entered = false;
    const leave = () => {
      if (entered) loop.leaveLoop();
      entered = false;
    };
    const iterator: AsyncValues<Buffer> = {
      next: async () => {
        try {
          if (!entered && !left.signal.aborted) {
            entered = true;
            loop.enterLoop();
          }
          const value = await this.one(SOME, emptyAtEnd, left);
          if (value.length > 0) return { done: false, value };
          if (loop.cut !== undefined) throw loop.cut;
          return iterator.return();
        } catch (error) {
          if (error === over) return over;
          // A loop that fails calls no `return`.
          leave();
          throw error;
        }
      },
      return: async () => {
        left.abort(over);
        leave();
        return over;
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** @internal The frames that a decoder cuts; the same Observable again for the same decoder. */
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
    // Kept short, so that the engine can inline what takes the frame.
    const mayTake = options === NOTHING || assertWaitable(options);
    const { loop } = this;
    // A loop of reads that are answered at once never gives its turn back by itself; at the end of the stream neither.
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

/** A reader with a source to let go of. */
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
      // Nobody has to wait for it.
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

function incompleteBlock({ size }: ExactlyDecoder): never {
  throw new IncompleteReadError(EMPTY, size);
}

function incompleteRecord(): never {
  throw new IncompleteReadError(EMPTY, null);
}
