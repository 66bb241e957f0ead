/**
 * One connection: a reader, a writer, and the states in which their common transport can be.
 *
 *     open ──peer's FIN──► peerEnded ──┐                    both FINs, or
 *       ├──our FIN───────► weEnded ────┴─ the other FIN ──► nothing comes any more ──► closed
 *       ├──close()───────► closing: what arrives is dropped, what is queued is sent, then FIN; the peer has
 *       │                  `timeout` milliseconds for each step ────────────────────► closed
 *       └──destroy(), reset(), a broken transport, silence ─────────────────────────► closed
 *
 * `closed` is reached once, tells the reader, the writer and every waiter, and never rejects.
 *
 * The file is long because every way to an end, TLS and the time limits meet in these states; half of it is documentation.
 */
import { asyncScheduler, type Subscription } from 'rxjs';
import { assertTimeout } from './assertTimeout';
import { defaults } from './defaults';
import { ConnectionClosedError, PlaintextPendingError, SocketTimeoutError } from './errors';
import type { Upstream } from './FrameLoop';
import { isReset } from './isReset';
import type { StartTlsOptions } from './StartTlsOptions';
import { StreamReader } from './StreamReader';
import { StreamWriter } from './StreamWriter';
import type { Transport, TransportUpgrade } from './Transport';
import { Watchdog } from './Watchdog';

/** How a connection ended. */
export interface CloseInfo {
  /**
   * Who ended it: `'local'`, where we did with `close`, `destroy` or `reset`, or sent FIN first; `'peer'`, who sent FIN
   * first; `'reset'`, a peer that broke it off; `'timeout'`, silence or a peer that stalled while we closed; `'error'`,
   * anything else.
   */
  readonly by: 'local' | 'peer' | 'reset' | 'timeout' | 'error';
  /** What broke it, or the reason given to `destroy`. */
  readonly error?: unknown;
}

/** Options of every connection, however it is made. */
export interface ConnectionOptions {
  /** The longest line or record in bytes; the socket is paused above twice as many unread bytes. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** From how many waiting bytes on the writer is under pressure. Default 64 KiB; over at a quarter of that. */
  readonly highWaterMark?: number | undefined;
  /** From how many waiting bytes on writes are refused. Default 16 MiB. */
  readonly maxQueued?: number | undefined;
  /** After how many milliseconds without a byte in either direction the connection is ended. Default 0: never. */
  readonly idleTimeout?: number | undefined;
  /** The same without a byte from the peer; the time in which we hold it back ourselves does not count. */
  readonly readIdleTimeout?: number | undefined;
  /** The same while bytes wait to be sent and the peer takes none. */
  readonly writeIdleTimeout?: number | undefined;
  /** How many milliseconds a frame that somebody reads may take from its first byte to its last. Default 0: for ever. */
  readonly frameTimeout?: number | undefined;
}

const EMPTY = Buffer.alloc(0);

/**
 * A connection to a peer: bytes in, bytes out, and how it ends.
 *
 * @example
 * ```ts
 * await using connection = await openConnection({ host: '127.0.0.1', port: 7 });
 * connection.writer.write('hello\n');
 * console.log(`${await connection.reader.readLine()}`);
 * ```
 */
export class Connection {
  /** What the peer sends. */
  readonly reader: StreamReader;
  /** What is sent to the peer. */
  readonly writer: StreamWriter;

  private transport: Transport;
  // What only some connections need is made when they do: there may be many thousands, and most of them idle.
  private closedPromise: Promise<CloseInfo> | undefined;
  private closeListener: ((connection: Connection) => void) | undefined;
  private received = 0;
  private peerEnded = false;
  private weEnded = false;
  /** Whose FIN, or `close`, came first. */
  private endedBy: 'local' | 'peer' | undefined;
  /** Set by `close`: how long the peer may stall, in milliseconds. */
  private closing: { timeout: number; timer?: Subscription } | undefined;
  /** Set from `startTls` until the handshake is done. */
  private settleUpgrade: ((error?: unknown) => void) | undefined;
  /** Set by whoever ends it at once. */
  private verdict: CloseInfo | undefined;
  /** @internal How it ended; set at the very end. */
  ended: CloseInfo | undefined;
  private abort: AbortController | undefined;
  /** Who watches that bytes come, that bytes go, and that something does; made only where it was asked for. */
  private watchdogs: { read?: Watchdog; write?: Watchdog; idle?: Watchdog; frame?: Watchdog } | undefined;

  /** @internal Connections come from `connect`, `openConnection`, a server or `connectionPair`. */
  constructor(transport: Transport, options: ConnectionOptions = {}) {
    const { limit, maxQueued = defaults.maxQueued } = options;
    const { highWaterMark = Math.min(defaults.highWaterMark, maxQueued) } = options;
    this.transport = transport;
    this.reader = new StreamReader(limit, transport);
    this.writer = new StreamWriter(transport, this, highWaterMark, maxQueued);
    this.watch(options);
    transport.open(this);
  }

  /** Resolves, never rejects, once the connection is gone: with who ended it and why. */
  get closed(): Promise<CloseInfo> {
    this.closedPromise ??= new Promise((resolve) => this.whenClosed(({ ended }) => resolve(ended as CloseInfo)));
    return this.closedPromise;
  }

  get localAddress(): string | undefined {
    return this.transport.localAddress;
  }

  get localPort(): number | undefined {
    return this.transport.localPort;
  }

  /** The peer's address; kept after the end. */
  get remoteAddress(): string | undefined {
    return this.transport.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.transport.remotePort;
  }

  /** `'IPv4'` or `'IPv6'`. */
  get remoteFamily(): string | undefined {
    return this.transport.remoteFamily;
  }

  /** How many bytes have arrived. */
  get bytesRead(): number {
    return this.received;
  }

  /** How many bytes were handed to the kernel. */
  get bytesWritten(): number {
    return this.writer.bytesWritten;
  }

  /** Aborts when the connection is closed, with a `ConnectionClosedError`. */
  get signal(): AbortSignal {
    if (this.abort === undefined) {
      this.abort = new AbortController();
      if (this.ended !== undefined) this.abort.abort(this.closedError('Cannot go on', this.ended.error));
    }
    return this.abort.signal;
  }

  /**
   * Ends the connection in good order: sends what is queued, then FIN, waits for the peer's FIN and releases the socket.
   *
   * A pending read sees the end of the stream. What the reader has stays readable; what still arrives, or waits in a paused
   * socket, is dropped. A peer that stalls, takes nothing of what is queued or does not answer FIN, is waited for `timeout`
   * milliseconds, anew with each part of the queue that it takes.
   *
   * @param options - `timeout` in milliseconds, 5000 by default; 0 waits for ever.
   * @returns How the connection ended; never rejects.
   */
  close({ timeout = defaults.closeTimeout }: { readonly timeout?: number | undefined } = {}): Promise<CloseInfo> {
    assertTimeout('timeout', timeout);
    if (this.ended !== undefined || this.verdict !== undefined) return this.closed;
    this.closing?.timer?.unsubscribe();
    const first = this.closing === undefined;
    this.closing = { timeout };
    this.waitForPeer(this.closing);
    if (first) {
      this.endedBy ??= 'local';
      this.reader.input.end();
      this.writer.finish('Cannot write: the connection was closed on this side', true);
      // What the peer still sends is read and dropped, or its FIN would never be seen.
      if (this.settleUpgrade === undefined) this.transport.resume();
      this.endWhenBothHave();
    }
    return this.closed;
  }

  /**
   * Ends the connection at once: queued bytes are dropped, pending and later reads reject with a
   * `ConnectionClosedError` once what arrived is read, and so does everybody who waits for the writer.
   *
   * @param error - The reason, kept as `cause` and in `closed`.
   */
  destroy(error?: unknown): void {
    this.endAtOnce({ by: 'local', ...(error !== undefined && { error }) });
  }

  /** As {@link destroy}, with a reset (RST) that the peer sees as `ECONNRESET`, where the transport has one. */
  reset(): void {
    this.endAtOnce({ by: 'local' }, true);
  }

  /**
   * Upgrades the connection to TLS: reader and writer stay the same objects, and what they carry from now on is encrypted.
   *
   * What was written before is sent in the clear first; what is written from now on waits for the handshake. The name that
   * was dialed is verified, and told to the peer (SNI), unless `servername` says another. Bytes that have come in the clear
   * and are unread are a server's beginning of the handshake; on a client they were injected.
   *
   * @param options - Of `tls.connect` or `tls.createServer`; `side`, `pending`, `handshakeTimeout` in milliseconds.
   * @returns Rejects with a `PlaintextPendingError` if a client has unread bytes, which leaves the connection as it is; with
   *   what made the handshake fail, or a `SocketTimeoutError`, which destroys it; with a `ConnectionClosedError`.
   * @throws `TypeError` for options that can't be meant, and where there is no socket; the connection stays usable.
   */
  startTls(options: StartTlsOptions = {}): Promise<void> {
    const { pending, handshakeTimeout = defaults.handshakeTimeout } = options;
    assertTimeout('handshakeTimeout', handshakeTimeout);
    if (pending !== undefined && pending !== 'feed' && pending !== 'discard') {
      throw new TypeError(`Cannot treat pending bytes as ${String(pending)}: pending must be 'feed' or 'discard'`);
    }
    if (this.transport.startTls === undefined)
      throw new TypeError('Cannot start TLS: the connection is not on a socket');
    const upgrade = this.transport.startTls(options);
    if (this.settleUpgrade !== undefined)
      return Promise.reject(new ConnectionClosedError('Cannot start TLS: it is being started already'));
    const over = this.writer.whyOver();
    if (over !== undefined || this.peerEnded) {
      return Promise.reject(
        new ConnectionClosedError('Cannot start TLS: the connection is ended', { cause: over?.cause }),
      );
    }
    const injected = injectedBytes(upgrade, pending, this.reader.bufferedAmount);
    if (injected > 0) return Promise.reject(new PlaintextPendingError(injected));
    return new Promise((resolve, reject) => {
      this.settleUpgrade = (error) => {
        this.settleUpgrade = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      this.writer.suspend(() => this.beginHandshake(upgrade, pending, handshakeTimeout));
    });
  }

  /** Closes in good order at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private beginHandshake(upgrade: TransportUpgrade, pending: StartTlsOptions['pending'], timeout: number): void {
    const head = this.reader.input.takeAll();
    const injected = injectedBytes(upgrade, pending, head.length);
    if (injected > 0) {
      // They came while what we had written was sent: what is to be encrypted waits behind it already.
      this.endAtOnce({ by: 'error', error: new PlaintextPendingError(injected) });
      return;
    }
    const late = () => this.endAtOnce({ by: 'timeout', error: new SocketTimeoutError('handshake', timeout) });
    const timer = timeout > 0 ? asyncScheduler.schedule(late, timeout) : undefined;
    const discard = pending === 'discard';
    upgrade.start(discard ? EMPTY : head, discard, (error, secure) => {
      timer?.unsubscribe();
      if (secure === undefined || this.verdict !== undefined) {
        secure?.destroy();
        this.endAtOnce(this.verdictOf(error as Error));
        return;
      }
      this.transport = secure;
      this.reader.input.drawFrom(this.upstream());
      secure.open(this);
      this.writer.resume(secure);
      this.settleUpgrade?.();
    });
  }

  /** @internal Of the transport. */
  onData(chunk: Uint8Array): void {
    this.received += chunk.length;
    if (this.watchdogs !== undefined) {
      this.watchdogs.read?.touch();
      this.watchdogs.idle?.touch();
    }
    if (this.closing === undefined) this.reader.input.push(chunk);
  }

  /** @internal Of the transport. */
  onEnd(): void {
    this.peerEnded = true;
    this.endedBy ??= 'peer';
    this.reader.input.end();
    this.endWhenBothHave();
  }

  /** @internal Of the transport, which is gone. */
  onClosed(error: Error | undefined): void {
    if (this.ended !== undefined) return;
    const info = this.verdict ?? this.verdictOf(error);
    if (this.verdict === undefined) this.settle(info);
    this.ended = info;
    this.closing?.timer?.unsubscribe();
    for (const watchdog of Object.values(this.watchdogs ?? {})) watchdog.stop();
    this.abort?.abort(this.closedError('Cannot go on', info.error));
    this.closeListener?.(this);
  }

  /** @internal Of the writer: FIN is handed to the kernel. */
  onWritingEnded(): void {
    this.weEnded = true;
    this.endedBy ??= 'local';
    this.onProgress();
    this.endWhenBothHave();
  }

  /** @internal Of the writer: bytes are handed to the kernel. */
  onProgress(): void {
    if (this.watchdogs !== undefined) {
      this.watchdogs.write?.touch();
      this.watchdogs.idle?.touch();
    }
    if (this.closing !== undefined) this.waitForPeer(this.closing);
  }

  /** @internal Details for `writer.getExtraInfo`. */
  info(name: string): unknown {
    return this.transport.info(name);
  }

  /** @internal True once the program has ended it by a call, other than by a source of its writer that failed. */
  get endedHere(): boolean {
    if (this.writer.sourceFailed) return false;
    if (this.verdict !== undefined) return this.verdict.by === 'local';
    return this.closing !== undefined && this.endedBy === 'local';
  }

  /** @internal Calls back at the very end, without the turn that `closed` takes. */
  whenClosed(listener: (connection: Connection) => void): void {
    const earlier = this.closeListener;
    if (this.ended !== undefined) listener(this);
    else if (earlier === undefined) this.closeListener = listener;
    else
      this.closeListener = (connection) => {
        try {
          earlier(connection);
        } finally {
          listener(connection);
        }
      };
  }

  /** What the reader draws from: the transport, watched where its silence counts. */
  private upstream(): Upstream {
    const { transport } = this;
    const read = this.watchdogs?.read;
    if (read === undefined) return transport;
    return {
      pause: () => transport.pause(),
      resume: () => {
        read.touch();
        transport.resume();
      },
      nextTurn: (task) => transport.nextTurn?.(task) ?? false,
    };
  }

  private endWhenBothHave(): void {
    if (this.peerEnded && this.weEnded) this.transport.destroy();
  }

  /** Gives the peer another `timeout` milliseconds. */
  private waitForPeer(closing: NonNullable<Connection['closing']>): void {
    closing.timer?.unsubscribe();
    const { timeout } = closing;
    if (timeout === 0 || this.ended !== undefined) return;
    closing.timer = asyncScheduler.schedule(() => {
      // All was sent and FIN too: that the peer keeps its side open is no failure of ours.
      if (this.weEnded) this.transport.destroy();
      else this.endAtOnce({ by: 'timeout', error: new SocketTimeoutError('close', timeout) });
    }, timeout);
  }

  private endAtOnce(verdict: CloseInfo, reset = false): void {
    if (this.ended !== undefined || this.verdict !== undefined) return;
    this.verdict = verdict;
    this.settle(verdict);
    if (reset) this.transport.reset();
    else this.transport.destroy();
  }

  private verdictOf(error: Error | undefined): CloseInfo {
    const allSent = this.weEnded && this.writer.bufferedAmount === 0;
    if (error === undefined || (this.closing !== undefined && allSent)) {
      return { by: this.endedBy ?? 'local' };
    }
    return { by: isReset(error) ? 'reset' : 'error', error };
  }

  /** Tells the reader and the writer. */
  private settle({ by, error }: CloseInfo): void {
    const cleanly = this.verdict === undefined && error === undefined;
    if (cleanly && (this.peerEnded || this.closing !== undefined)) this.reader.input.end();
    else if (by === 'local' || by === 'peer') this.reader.input.fail(this.closedError('Cannot read', error));
    else this.reader.input.fail(error);
    this.writer.lose(WRITE_MESSAGES[by], error);
    this.settleUpgrade?.(error ?? this.closedError('Cannot start TLS'));
  }

  private closedError(what: string, cause?: unknown): ConnectionClosedError {
    return new ConnectionClosedError(`${what}: the connection is closed`, { cause });
  }

  private watch({
    idleTimeout = 0,
    readIdleTimeout = 0,
    writeIdleTimeout = 0,
    frameTimeout = 0,
  }: ConnectionOptions): void {
    if (idleTimeout + readIdleTimeout + writeIdleTimeout + frameTimeout === 0) return;
    const watchdogs: NonNullable<Connection['watchdogs']> = {};
    const { input } = this.reader;
    const end = (what: SocketTimeoutError['what'], timeout: number) =>
      this.endAtOnce({ by: 'timeout', error: new SocketTimeoutError(what, timeout) });
    if (idleTimeout > 0) watchdogs.idle = new Watchdog(idleTimeout, () => end('idle', idleTimeout));
    if (readIdleTimeout > 0) {
      watchdogs.read = new Watchdog(readIdleTimeout, () => {
        // Of a peer that is held back, or has ended, nothing is expected.
        if (!input.paused && input.open) end('read-idle', readIdleTimeout);
      });
    }
    if (writeIdleTimeout > 0) {
      const write = new Watchdog(writeIdleTimeout, () => {
        if (this.writer.bufferedAmount > 0) end('write-idle', writeIdleTimeout);
      });
      watchdogs.write = write;
      this.writer.onWaiting = () => write.touch();
    }
    if (frameTimeout > 0) {
      // The frame that was begun is over when something was consumed; the next one is told of by itself.
      let begun = -1;
      const frame = new Watchdog(frameTimeout, () => {
        if (input.starving && input.buffer.position === begun) end('frame', frameTimeout);
        // Whoever holds the reader, or does not read, gives the peer the time anew.
        else begun = -1;
      });
      watchdogs.frame = frame;
      input.onStarving = () => {
        const { length, position } = input.buffer;
        if (length === 0 || position === begun) return;
        begun = position;
        frame.stop();
        frame.touch();
      };
    }
    watchdogs.idle?.touch();
    watchdogs.read?.touch();
    this.watchdogs = watchdogs;
    input.drawFrom(this.upstream());
  }
}

/** How many bytes came in the clear that a client was not told what to do with; a server's belong to the handshake. */
function injectedBytes(upgrade: TransportUpgrade, pending: StartTlsOptions['pending'], unread: number): number {
  return upgrade.side === 'client' && pending === undefined ? unread + upgrade.unread : 0;
}

const WRITE_MESSAGES: Readonly<Record<CloseInfo['by'], string>> = {
  local: 'Cannot write: the connection was ended on this side',
  peer: 'Cannot write: the connection is closed',
  reset: 'Cannot write: the peer reset the connection',
  timeout: 'Cannot write: the connection timed out',
  error: 'Cannot write: the connection broke',
};
