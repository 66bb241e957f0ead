/**
 * The writing side of a connection: a Subject of bytes and strings.
 *
 *     source$ ──► next ──► WriteQueue ──► transport ──► kernel ──► peer
 *     pressure$, drain ◄── high / low mark ◄── handed over
 *
 * `write` and `next` never wait. To keep pace with the peer, use the result of `write`, `drain`, `pressure$` or the flow
 * operators. The writer is also an Observable of what is written. That costs nothing while nothing subscribes.
 *
 * The file is long because a writer has many members, and their documentation. The queue is in `WriteQueue`.
 */
import { asyncScheduler, type Observable, Subject } from 'rxjs';
import { assertSignal, assertTimeout } from '../argumentChecks';
import { endErrors } from '../endErrors';
import { BufferOverflowError, ConnectionClosedError } from '../errors';
import { eventLoop } from '../eventLoop';
import { inspectSymbol } from '../observing/inspectSymbol';
import { showWriterSnapshot, type WriterSnapshot } from '../observing/WriterSnapshot';
import type { WaitOptions } from '../reading/ReadOptions';
import type { Transport } from '../transports/Transport';
import type { ExtraInfo } from './ExtraInfo';
import { measure } from './measure';
import { nextTurnOf } from './nextTurnOf';
import { pressureOf } from './pressureOf';
import { Waiters } from './Waiters';
import { WriteQueue } from './WriteQueue';
import type { WriterOwner } from './WriterOwner';
import { type ProgressWatcher, type WriterWatcher, WriterWatchers } from './WriterWatchers';

/**
 * Bytes to a connection, as a Subject.
 *
 * A chunk is bytes or a string. A string is sent as UTF-8. The writer does not copy bytes: do not change them until they are
 * flushed. Small writes of one turn of the event loop leave together.
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
  // What only some connections need is made on demand: there may be many thousand connections, most of them idle.
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
  /** @internal Called when bytes wait to be sent and none waited before. */
  onWaiting: (() => void) | undefined;
  /** @internal Whether the owner is told when more bytes wait, at each multiple of 4 KiB. */
  tellsGrowth = false;

  /**
   * @internal Each connection makes its writer.
   *
   * @param transport - The first transport, for the queue that the first write makes. TLS may replace it there.
   * @param highWaterMark - Pressure begins at this many waiting bytes, and is over at a quarter of it.
   * @param maxQueued - At this many waiting bytes writes are refused.
   */
  constructor(
    private readonly transport: Transport,
    private readonly owner: WriterOwner,
    private readonly highWaterMark: number,
    private readonly maxQueued: number,
  ) {
    super();
  }

  /** True from the high-water mark until the low one. It replays the current value, and completes when the writer is closed. */
  get pressure$(): Observable<boolean> {
    this.pressureChanges ??= pressureOf(this);
    return this.pressureChanges;
  }

  /** How many bytes wait to be handed to the kernel. */
  get bufferedAmount(): number {
    return this.writeQueue === undefined ? 0 : this.writeQueue.bufferedAmount;
  }

  /** How many bytes were handed to the kernel. */
  get bytesWritten(): number {
    return this.writeQueue === undefined ? 0 : this.writeQueue.written;
  }

  /** @internal True while there is pressure. */
  get pressured(): boolean {
    return this.writeQueue?.pressure ?? false;
  }

  /** @internal How many bytes were ever accepted: the position of the next byte. */
  get position(): number {
    return this.bytesWritten + this.bufferedAmount;
  }

  /**
   * Queues a chunk.
   *
   * @returns False once `bufferedAmount` is at or above the high-water mark: time to wait for `drain()`.
   * @throws `ConnectionClosedError` after `close()`, `writeEof()` or the loss of the connection; `BufferOverflowError` if
   *   `maxQueued` bytes wait already; `TypeError` for a chunk that is neither bytes nor a string. Nothing is queued then.
   */
  write(chunk: Uint8Array | string): boolean {
    this.accept(chunk);
    return this.queue.bufferedAmount < this.highWaterMark;
  }

  /** Queues a chunk, as {@link write}. After the end it does nothing. A chunk that `write` refuses aborts the connection. */
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
   * Waits while there is pressure, from the high-water mark until the low one. Any number of callers may wait. A loop that
   * writes and drains lets other tasks of the event loop run, even if the peer takes everything at once.
   *
   * @returns Rejects with a `ConnectionClosedError` if bytes were lost with the connection: `discarded` says how many.
   */
  drain(options?: WaitOptions): Promise<void> {
    return this.waitFor('draining', 0, options);
  }

  /**
   * Waits until the kernel has everything that was written so far.
   *
   * @returns Rejects with a `ConnectionClosedError` if bytes were lost with the connection: `discarded` says how many.
   */
  flush(options?: WaitOptions): Promise<void> {
    return this.waitFor('flushing', this.position, options);
  }

  /** Sends FIN after the queued bytes. Reading goes on. A second call, or a call after the end, does nothing. */
  writeEof(): void {
    this.finish('Cannot write: the writing side was ended');
  }

  /** Whether {@link writeEof} is possible: always true, for TCP, Unix sockets and TLS. */
  canWriteEof(): boolean {
    return true;
  }

  /** As {@link writeEof}: a source that completes calls it. */
  override complete(): void {
    this.writeEof();
  }

  /**
   * Aborts the connection: queued bytes are dropped, and every pending promise rejects with the reason. After `close()`,
   * `writeEof()` or `complete()` it does nothing, as on any stopped Subject: the queued bytes are still sent.
   */
  override error(reason: unknown): void {
    if (this.over !== undefined) return;
    this.sourceFailed = true;
    this.owner.destroy(reason);
  }

  /** Flushes, sends FIN and releases the connection. {@link waitClosed} resolves when it is done. */
  close(): void {
    void this.owner.close();
  }

  /** True from `close()` on, or once the connection is lost. */
  isClosing(): boolean {
    return this.closing;
  }

  /** Resolves once the connection is closed, and never rejects. The reason is in `connection.closed`. */
  async waitClosed(): Promise<void> {
    await this.owner.closed;
  }

  /**
   * Details of the socket: `'peername'` and `'sockname'` (an address with its port, or a path), `'socket'`, and with TLS
   * `'cipher'`, `'peercert'`, `'alpn'`. A client that has resumed a session has the certificate of that session, without its
   * issuers.
   *
   * @returns `undefined` for an unknown detail.
   */
  getExtraInfo<Name extends keyof ExtraInfo>(name: Name): ExtraInfo[Name] | undefined;
  getExtraInfo(name: string): unknown;
  getExtraInfo(name: string): unknown {
    return this.owner.info(name);
  }

  /** The state and the counters as plain data, without a byte of the content. `console.log` shows them in one line. */
  toJSON(): WriterSnapshot {
    const { gone, over, bytesWritten, bufferedAmount: queued } = this;
    const pressureSince = this.writeQueue?.pressureSince;
    const state = gone ? 'closed' : over !== undefined ? 'ended' : 'open';
    return { state, bytesWritten, queued, ...(pressureSince !== undefined && { pressureSince }) };
  }

  /** @internal */
  [inspectSymbol](): string {
    return showWriterSnapshot('StreamWriter', asyncScheduler.now(), this.toJSON());
  }

  /** @internal Throws: Node takes a writer for one of its streams, and `pipe` and `pipeline` would fail in strange ways. */
  on(): never {
    throw new TypeError('Cannot use a StreamWriter as a stream of Node: use connection.toDuplex()');
  }

  /** @internal Tells a watcher everything that happens, until {@link unwatch}. */
  watch(watcher: WriterWatcher): void {
    this.allWatchers.listen(watcher);
  }

  /** @internal Tells a watcher when the writer is gone, until {@link unwatch}. */
  whenGone(watcher: WriterWatcher): void {
    this.allWatchers.add(watcher);
  }

  /** @internal Stops telling a watcher. It may still hear of the event that is happening now. */
  unwatch(watcher: WriterWatcher): void {
    this.allWatchers.remove(watcher);
  }

  /** @internal Tells a watcher, once, when pressure has gone. */
  whenRelieved(watcher: WriterWatcher): void {
    this.allWatchers.wait(watcher);
  }

  /** @internal As {@link write}. It tells a watcher, never before it returns, how many of these bytes are with the kernel. */
  writeFor(watcher: ProgressWatcher, chunk: Uint8Array | string): void {
    this.accept(chunk, watcher);
  }

  /** @internal True while something may still write: a source in a flow operator, a pending `drain` or `flush`. */
  get attached(): boolean {
    return this.attachments > 0;
  }

  /** @internal Counts something that may write, until {@link detach}. */
  attach(): void {
    this.attachments++;
  }

  /** @internal Undoes one {@link attach}. */
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

  /** @internal Refuses writes from now on. The queued bytes are sent, and then FIN. */
  finish(message: string, closing = false): void {
    if (closing) this.closing = true;
    if (this.over !== undefined) return;
    this.over = { message };
    this.queue.finish(() => this.queue.transport.end(() => this.owner.onWritingEnded()));
    this.endTap();
  }

  /** @internal Sends the queued bytes, keeps those written later, and calls back when the kernel has the former. */
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
    const discarded = this.bufferedAmount;
    if (this.over === undefined || discarded > 0 || cause !== undefined) this.over = { message, cause, discarded };
    this.lost = discarded > 0 || cause !== undefined;
    this.gone = true;
    this.writeQueue?.drop();
    this.draining?.fail(() => this.closedError());
    this.flushing?.fail(() => this.closedError());
    this.watchers?.tellGone();
    this.endTap();
  }

  /** @internal The one place that queues a chunk; {@link write} says when it throws. A hand-over takes it from this writer. */
  accept(chunk: Uint8Array | string, watcher?: ProgressWatcher): void {
    if (this.over !== undefined) throw this.closedError();
    const size = measure(chunk);
    const { bufferedAmount } = this;
    if (bufferedAmount >= this.maxQueued) throw new BufferOverflowError(this.maxQueued, bufferedAmount);
    if (size === 0) return;
    if (watcher !== undefined) {
      // First: others that hear of the chunk, or of the pressure that it makes, may write more.
      const from = this.position;
      this.allWatchers.share(watcher, from, from + size);
      watcher.accepted(from, from + size);
    }
    // Before it is queued: a large chunk may be with the kernel right after that.
    if (this.owner.onlooker !== undefined) this.owner.onlooker.see('tx', size, chunk);
    const { queue } = this;
    queue.push(chunk, size);
    if (bufferedAmount === 0) this.onWaiting?.();
    if (this.tellsGrowth && bufferedAmount >> STEP !== queue.bufferedAmount >> STEP) this.owner.onGrown();
    if (this.observed) super.next(chunk);
  }

  private get queue(): WriteQueue {
    this.writeQueue ??= new WriteQueue(this.transport, this, this.highWaterMark);
    return this.writeQueue;
  }

  private get allWatchers(): WriterWatchers {
    this.watchers ??= new WriterWatchers(this.owner);
    return this.watchers;
  }

  /** Ends the subscriptions to what is written. As with any Subject, `unsubscribe` may have removed them already. */
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
    const later = eventLoop.turnIsLong(pressure) ? nextTurnOf(this.queue.transport) : undefined;
    if (later !== undefined) {
      this.attach();
      return later.then(() => {
        try {
          return this.waitFor(which, target, options);
        } finally {
          this.detach();
        }
      });
    }
    if (which === 'draining' ? !pressure : written >= target) return Promise.resolve();
    this[which] ??= new Waiters(() => this.detach());
    this.attach();
    return this[which].wait(target, options);
  }

  /** @internal Of the queue. */
  onPressure(on: boolean): void {
    if (!this.gone) this.owner.onlooker?.see(on ? 'pressure' : 'drained', this.bufferedAmount);
    this.watchers?.tellPressure(on, () => this.queue.pressure === on);
    if (!on && !this.lost) this.draining?.release(0);
    this.owner.onPressure?.(this.queue.pressure);
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

/** 4 KiB, as a power of two. */
const STEP = 12;
