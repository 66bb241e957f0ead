/**
 * The writing side of a connection: a Subject of bytes and strings.
 *
 *     source$ ──► next ──► WriteQueue ──► transport ──► kernel ──► peer
 *     pressure$, drain ◄── high / low mark ◄── handed over
 *
 * `write` and `next` never wait. To keep pace with the peer, use `write`'s answer, `drain`, `pressure$` or the
 * flow operators. It is an Observable too, of what is written: a wiretap, which costs nothing while nobody listens.
 *
 * The file is long because a writer has many members, and each says here what it does; the queue is elsewhere.
 */
import { isUint8Array } from 'node:util/types';
import { distinctUntilChanged, Observable, Subject } from 'rxjs';
import { assertSignal, assertTimeout } from '../checks';
import { endErrors } from '../endErrors';
import { BufferOverflowError, ConnectionClosedError } from '../errors';
import { eventLoop } from '../eventLoop';
import type { WaitOptions } from '../reading/ReadOptions';
import type { Transport } from '../transports/Transport';
import type { ExtraInfo } from './ExtraInfo';
import { Waiters } from './Waiters';
import { WriteQueue } from './WriteQueue';
import type { WriterOwner } from './WriterOwner';
import { type ProgressWatcher, type WriterWatcher, WriterWatchers } from './WriterWatchers';

/**
 * Bytes to a connection, as a Subject.
 *
 * A chunk is bytes or a string, which stands for its UTF-8 bytes. Bytes are not copied: they must not change until they
 * are flushed. Small writes of one turn of the event loop leave together.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { connectionPair } from 'rxjs-tcp';
 *
 * const [{ writer }, { reader }] = connectionPair();
 * writer.write('one ');
 * await writer.drain(); // until the peer keeps up
 * of('two ', 'three').subscribe(writer); // complete() sends FIN, error() aborts
 * console.log(`${await reader.readAll()}`); // → one two three
 * ```
 */
export class StreamWriter extends Subject<Uint8Array | string> {
  // What only some connections need is made when they do: there may be many thousands, and most of them idle.
  private writeQueue: WriteQueue | undefined;
  private draining: Waiters | undefined;
  private flushing: Waiters | undefined;
  private watchers: WriterWatchers | undefined;
  private pressureChanges: Observable<boolean> | undefined;
  private attachments = 0;
  private detached: (() => void) | undefined;
  /** Why nothing can be written any more. */
  private over: { readonly message: string; readonly cause?: unknown; readonly discarded?: number } | undefined;
  /** True once bytes were lost, or may have been. */
  private lost = false;
  private closing = false;
  /** @internal True once nothing is handed to the kernel any more. */
  gone = false;
  /** @internal True once a source, or a value that `next` could not take, has aborted the connection. */
  sourceFailed = false;
  /** @internal Called when something waits to be sent, and nothing did before. */
  onWaiting: (() => void) | undefined;

  /**
   * @internal Writers come with their connection.
   *
   * @param transport - The first one, for a queue that is made with the first write: TLS may take its place there.
   * @param highWaterMark - From how many waiting bytes on there is pressure; it is over at a quarter of that.
   * @param maxQueued - From how many waiting bytes on writes are refused.
   */
  constructor(
    private readonly transport: Transport,
    private readonly owner: WriterOwner,
    private readonly highWaterMark: number,
    private readonly maxQueued: number,
  ) {
    super();
  }

  /** True while at or above the high-water mark and until the low one; replays the current value, completes when closed. */
  get pressure$(): Observable<boolean> {
    this.pressureChanges ??= new Observable<boolean>((subscriber) => {
      if (this.gone) {
        subscriber.next(false);
        subscriber.complete();
        return;
      }
      const watcher: WriterWatcher = {
        pressure: (on) => subscriber.next(on),
        gone: () => subscriber.complete(),
      };
      // Before the current value is told: who writes at once must hear of the pressure that makes.
      this.watch(watcher);
      subscriber.add(() => this.unwatch(watcher));
      subscriber.next(this.pressured);
    }).pipe(distinctUntilChanged());
    return this.pressureChanges;
  }

  /** How many bytes wait to be handed to the kernel. */
  get bufferedAmount(): number {
    return this.queue.bufferedAmount;
  }

  /** How many bytes were handed to the kernel. */
  get bytesWritten(): number {
    return this.queue.written;
  }

  /** @internal True while there is pressure. */
  get pressured(): boolean {
    return this.queue.pressure;
  }

  /** @internal How many bytes were ever accepted: the position of what is written next. */
  get position(): number {
    return this.queue.written + this.queue.bufferedAmount;
  }

  /**
   * Queues a chunk.
   *
   * @returns False once `bufferedAmount` is at or above the high-water mark: time to wait for `drain()`.
   * @throws `ConnectionClosedError` after `close()`, `writeEof()` or the loss of the connection; `BufferOverflowError`
   *   when `maxQueued` bytes wait already; `TypeError` for what is neither bytes nor a string. Nothing is queued then.
   */
  write(chunk: Uint8Array | string): boolean {
    if (this.over !== undefined) throw this.closedError();
    const size = measure(chunk);
    const { bufferedAmount } = this.queue;
    if (bufferedAmount >= this.maxQueued) throw new BufferOverflowError(this.maxQueued, bufferedAmount);
    if (size > 0) {
      this.queue.push(chunk, size);
      if (bufferedAmount === 0) this.onWaiting?.();
      if (this.observed) super.next(chunk);
    }
    return this.queue.bufferedAmount < this.highWaterMark;
  }

  /** Queues a chunk, as {@link write}; after the end it does nothing, and a chunk that `write` refuses aborts. */
  override next(chunk: Uint8Array | string): void {
    if (this.over !== undefined) return;
    try {
      this.write(chunk);
    } catch (error) {
      this.error(error);
    }
  }

  /** Queues each chunk of an iterable; it adds no newlines. */
  writeLines(chunks: Iterable<Uint8Array | string>): void {
    for (const chunk of chunks) this.write(chunk);
  }

  /**
   * Waits while there is pressure, which begins at the high-water mark and is over at the low one. Any number may wait.
   * Who writes and drains in a loop leaves the others their turn of the event loop, also where the peer takes everything.
   *
   * @returns Rejects with a `ConnectionClosedError` if bytes were lost with the connection: `discarded` says how many.
   */
  drain(options?: WaitOptions): Promise<void> {
    return this.waitFor('draining', 0, options);
  }

  /**
   * Waits until everything written so far has been handed to the kernel.
   *
   * @returns Rejects with a `ConnectionClosedError` if bytes were lost with the connection: `discarded` says how many.
   */
  flush(options?: WaitOptions): Promise<void> {
    return this.waitFor('flushing', this.position, options);
  }

  /** Sends FIN after what is queued; reading goes on. Again, or after the end: nothing. */
  writeEof(): void {
    this.finish('Cannot write: the writing side was ended');
  }

  /** Whether {@link writeEof} is possible: it is on TCP, Unix sockets and TLS alike. */
  canWriteEof(): boolean {
    return true;
  }

  /** As {@link writeEof}: what a source's completion does. */
  override complete(): void {
    this.writeEof();
  }

  /**
   * Aborts the connection: queued bytes are dropped, and every waiter learns the reason. After `close()`, `writeEof()` or
   * `complete()` it does nothing, as on any stopped Subject: what is on its way still arrives.
   */
  override error(reason: unknown): void {
    if (this.over !== undefined) return;
    this.sourceFailed = true;
    this.owner.destroy(reason);
  }

  /** Flushes, sends FIN and releases the connection; {@link waitClosed} tells when. */
  close(): void {
    void this.owner.close();
  }

  /** True from `close()` on, or once the connection is lost. */
  isClosing(): boolean {
    return this.closing;
  }

  /** Resolves once the connection is closed, never rejects; why is in `connection.closed`. */
  async waitClosed(): Promise<void> {
    await this.owner.closed;
  }

  /**
   * Details of the socket: `'peername'` and `'sockname'` (an address with its port, or a path), `'socket'`, and with TLS
   * `'cipher'`, `'peercert'`, `'alpn'`. A client that has resumed a session has the certificate of that session, without its
   * issuers.
   *
   * @returns `undefined` for what is not known.
   */
  getExtraInfo<Name extends keyof ExtraInfo>(name: Name): ExtraInfo[Name] | undefined;
  getExtraInfo(name: string): unknown;
  getExtraInfo(name: string): unknown {
    return this.owner.info(name);
  }

  /** @internal Tells a watcher whatever happens, until {@link unwatch}. */
  watch(watcher: WriterWatcher): void {
    this.allWatchers.listen(watcher);
  }

  /** @internal Tells a watcher when the writer is gone, until {@link unwatch}. */
  whenGone(watcher: WriterWatcher): void {
    this.allWatchers.add(watcher);
  }

  /** @internal It may be told once more, of what is happening right now. */
  unwatch(watcher: WriterWatcher): void {
    this.allWatchers.remove(watcher);
  }

  /** @internal Tells a watcher, once, when pressure has gone. */
  whenRelieved(watcher: WriterWatcher): void {
    this.allWatchers.wait(watcher);
  }

  /** @internal As {@link write}; tells a watcher how far what is written here has gone. */
  writeFor(watcher: ProgressWatcher, chunk: Uint8Array | string): void {
    const from = this.position;
    try {
      this.write(chunk);
    } finally {
      this.allWatchers.share(watcher, from, this.position);
    }
  }

  /** @internal True while something is at work that may write: a source in a flow operator, a pending `drain` or `flush`. */
  get attached(): boolean {
    return this.attachments > 0;
  }

  /** @internal Counts until {@link detach}. */
  attach(): void {
    this.attachments++;
  }

  /** @internal Takes one {@link attach} back. */
  detach(): void {
    this.attachments--;
    if (this.attachments > 0 || this.detached === undefined) return;
    const { detached } = this;
    this.detached = undefined;
    detached();
  }

  /** @internal Calls back, once, when nothing is {@link attached} any more. */
  whenDetached(callback: () => void): void {
    this.detached = callback;
  }

  /** @internal Why nothing can be written any more, as a new error for each caller. */
  whyOver(): ConnectionClosedError | undefined {
    return this.over === undefined ? undefined : this.closedError();
  }

  /** @internal Nothing may be written from now on; what is queued is, and then FIN. */
  finish(message: string, closing = false): void {
    if (closing) this.closing = true;
    if (this.over !== undefined) return;
    this.over = { message };
    this.queue.finish(() => this.queue.transport.end(() => this.owner.onWritingEnded()));
    this.endTap();
  }

  /** @internal Sends what is queued, keeps what is written later, and calls back when the former is handed over. */
  suspend(done: () => void): void {
    this.queue.suspend(done);
  }

  /** @internal Goes on after {@link suspend}. */
  resume(transport: Transport): void {
    this.queue.resume(transport);
  }

  /** @internal The connection is gone. */
  lose(message: string, cause: unknown): void {
    this.closing = true;
    const discarded = this.queue.bufferedAmount;
    if (this.over === undefined || discarded > 0 || cause !== undefined) this.over = { message, cause, discarded };
    this.lost = discarded > 0 || cause !== undefined;
    this.gone = true;
    this.queue.drop();
    this.draining?.fail(() => this.closedError());
    this.flushing?.fail(() => this.closedError());
    this.watchers?.tellGone();
    this.endTap();
  }

  private get queue(): WriteQueue {
    this.writeQueue ??= new WriteQueue(this.transport, this, this.highWaterMark);
    return this.writeQueue;
  }

  private get allWatchers(): WriterWatchers {
    this.watchers ??= new WriterWatchers(this.owner);
    return this.watchers;
  }

  /** Those who listen to what is written have heard all; as any Subject, `unsubscribe` may have sent them away. */
  private endTap(): void {
    try {
      if (!this.closed) super.complete();
    } catch (error) {
      this.owner.onThrown(error);
    }
  }

  private waitFor(which: 'draining' | 'flushing', target: number, options?: WaitOptions): Promise<void> {
    assertTimeout('timeout', options?.timeout);
    assertSignal(options?.signal);
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    if (this.lost) return Promise.reject(this.closedError());
    const { pressure, written } = this.queue;
    if (eventLoop.turnIsLong(pressure)) {
      let go!: () => void;
      const later = new Promise<void>((resolve) => {
        go = resolve;
      });
      // Not in virtual time, where there are no turns.
      if (this.queue.transport.nextTurn?.(go)) {
        this.attach();
        return later.then(() => {
          try {
            return this.waitFor(which, target, options);
          } finally {
            this.detach();
          }
        });
      }
    }
    if (which === 'draining' ? !pressure : written >= target) return Promise.resolve();
    this[which] ??= new Waiters(() => this.detach());
    this.attach();
    return this[which].wait(target, options);
  }

  /** @internal Of the queue. */
  onPressure(on: boolean): void {
    this.watchers?.tellPressure(on, () => this.queue.pressure === on);
    if (!on && !this.lost) this.draining?.release(0);
  }

  /** @internal Of the queue. */
  onWritten(written: number): void {
    this.flushing?.release(written);
    this.watchers?.tellProgress(written);
    this.owner.onProgress();
  }

  private closedError(): ConnectionClosedError {
    const { message, ...details } = this.over as NonNullable<StreamWriter['over']>;
    return endErrors.mark(new ConnectionClosedError(message, details), this);
  }
}

function measure(chunk: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk);
  if (isUint8Array(chunk)) return chunk.byteLength;
  throw new TypeError(`Cannot write a value of type ${typeof chunk}: it must be a string or a Uint8Array`);
}
