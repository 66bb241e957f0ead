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
 * The file is long because every way to an end and TLS meet in these states; half of it is documentation.
 */
import { asyncScheduler, type Subscription } from 'rxjs';
import { assertTimeout } from '../checks';
import { defaults } from '../defaults';
import { endErrors } from '../endErrors';
import { ConnectionClosedError, PlaintextPendingError, SocketTimeoutError } from '../errors';
import type { StartTlsOptions } from '../net/StartTlsOptions';
import { StreamReader } from '../reading/StreamReader';
import { isReset } from '../transports/isReset';
import type { Transport } from '../transports/Transport';
import type { Upstream } from '../transports/Upstream';
import { StreamWriter } from '../writing/StreamWriter';
import type { CloseInfo } from './CloseInfo';
import type { ConnectionOptions } from './ConnectionOptions';
import { TimeLimits } from './TimeLimits';
import { TlsUpgrade } from './TlsUpgrade';

/**
 * A connection to a peer: bytes in, bytes out, and how it ends.
 *
 * @example
 * ```ts
 * import { connectionPair } from 'rxjs-tcp';
 *
 * const [here, there] = connectionPair();
 * here.writer.write('hello\n');
 * console.log(`${await there.reader.readLine()}`.trimEnd()); // → hello
 * await Promise.all([here.close(), there.close()]);
 * console.log((await here.closed).by); // → local
 * ```
 */
export class Connection {
  /** @internal Called with each connection that is made: a test that hangs tells what they wait for. */
  static onMade: ((connection: Connection) => void) | undefined;
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
  /** @internal Set from `startTls` until the handshake is done. */
  upgrade: TlsUpgrade | undefined;
  /** Set where the connection is ended at once. */
  private verdict: CloseInfo | undefined;
  /** True once the reader and the writer are told: what fails because of that can't end it in another way. */
  private settled = false;
  /** @internal How it ended; set at the very end. */
  ended: CloseInfo | undefined;
  private abort: AbortController | undefined;
  /** Made only where an option asks for one. */
  private readonly limits: TimeLimits | undefined;

  /** @internal Connections come from `connect`, `openConnection`, a server or `connectionPair`. */
  constructor(transport: Transport, options: ConnectionOptions = {}) {
    const { limit, maxQueued = defaults.maxQueued } = options;
    const { highWaterMark = Math.min(defaults.highWaterMark, maxQueued) } = options;
    this.transport = transport;
    this.reader = new StreamReader(limit, transport);
    this.writer = new StreamWriter(transport, this, highWaterMark, maxQueued);
    this.limits = TimeLimits.of(options, this.reader.input, this.writer, {
      reached: (error) => this.endAtOnce({ by: 'timeout', error }),
      handshaking: () => this.upgrade?.handshaking ?? false,
    });
    if (this.limits !== undefined) this.reader.input.drawFrom(this.upstream());
    Connection.onMade?.(this);
    transport.open(this);
  }

  /**
   * Resolves, never rejects, once the connection is gone: with who ended it and why.
   *
   * It is not gone when only the peer has ended: a half-open connection waits for our end, `writer.writeEof()` or `close()`.
   */
  get closed(): Promise<CloseInfo> {
    this.closedPromise ??= new Promise((resolve) => this.whenClosed(({ ended }) => resolve(ended as CloseInfo)));
    return this.closedPromise;
  }

  /** Our address; kept after the end. */
  get localAddress(): string | undefined {
    return this.transport.localAddress;
  }

  /** Our port; kept after the end. */
  get localPort(): number | undefined {
    return this.transport.localPort;
  }

  /** The peer's address; kept after the end. */
  get remoteAddress(): string | undefined {
    return this.transport.remoteAddress;
  }

  /** The peer's port; kept after the end. */
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
      this.reader.input.end(() => endErrors.mark(closedHere(), this));
      this.writer.finish('Cannot write: the connection was closed on this side', true);
      // What the peer still sends is read and dropped, or its FIN would never be seen.
      if (this.upgrade === undefined) this.transport.resume();
      this.endWhenBothHave();
    }
    return this.closed;
  }

  /**
   * Ends the connection at once: queued bytes are dropped, pending and later reads reject with a
   * `ConnectionClosedError` once what arrived is read, and so do all waits for the writer.
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
   * was dialed is verified, and told to the peer (SNI), unless `servername` says another.
   *
   * From the call on, nothing that comes in the clear is delivered to a read, whether it is active, pending or begun later:
   * bytes that are unread, or arrive meanwhile, are the beginning of a server's handshake; on a client, and behind an
   * operator, they were injected.
   *
   * @param options - Of `tls.connect` or `tls.createServer`; `side`, `pending`, `signal`, and `handshakeTimeout` in
   *   milliseconds from the call, 60,000 by default. Options of the same values share one TLS context.
   * @returns Rejects with a `PlaintextPendingError` if bytes were injected, which leaves a client's connection as it is and
   *   destroys a server's; with what made the upgrade fail, with a `SocketTimeoutError` or with the signal's reason, which
   *   destroys it (a signal that was aborted before leaves it as it is); with a `ConnectionClosedError`.
   * @throws `TypeError` for invalid options, and where there is no socket; the connection stays usable.
   */
  startTls(options: StartTlsOptions = {}): Promise<void> {
    const [prepared, policy] = TlsUpgrade.prepare(this.transport, options);
    const { pending, signal } = policy;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.upgrade !== undefined)
      return Promise.reject(new ConnectionClosedError('Cannot start TLS: it is being started already'));
    const over = this.writer.whyOver();
    if (over !== undefined || this.peerEnded) {
      const error = new ConnectionClosedError('Cannot start TLS: the connection is ended', { cause: over?.cause });
      return Promise.reject(endErrors.mark(error, this));
    }
    const { input } = this.reader;
    const injected = TlsUpgrade.pendingAt(input, prepared, pending);
    if (injected > 0) return Promise.reject(new PlaintextPendingError(injected));
    const upgrade = new TlsUpgrade(this, input, this.transport, prepared, policy);
    this.upgrade = upgrade;
    this.writer.suspend(() => upgrade.onFlushed());
    return upgrade.done;
  }

  /** Closes in good order at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Of the upgrade: TLS is up. */
  secured(transport: Transport): void {
    this.upgrade = undefined;
    this.transport = transport;
    this.reader.input.drawFrom(this.upstream());
    this.limits?.onSecured();
    transport.open(this);
    this.writer.resume(transport);
  }

  /** @internal Of the upgrade. */
  upgradeFailed(error: unknown): void {
    this.endAtOnce(this.verdictOf(error as Error));
  }

  /** @internal Of the upgrade. */
  upgradeAborted(by: 'local' | 'timeout', error: unknown): void {
    this.endAtOnce({ by, error });
  }

  /** @internal Of the transport. */
  onData(chunk: Uint8Array): void {
    this.received += chunk.length;
    this.limits?.onData();
    if (this.upgrade !== undefined) this.upgrade.onData(chunk);
    else if (this.closing === undefined) this.reader.input.push(chunk);
  }

  /** @internal Of the transport. */
  onEnd(): void {
    if (this.upgrade !== undefined) {
      this.upgrade.onEnd();
      return;
    }
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
    this.limits?.stop();
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
    this.limits?.onProgress();
    if (this.closing !== undefined) this.waitForPeer(this.closing);
  }

  /** @internal Of the writer: a consumer has thrown while it was told. Nobody else may miss what is told for that. */
  onThrown(error: unknown): void {
    const { guard } = this.reader.input;
    const rethrow = () => {
      throw error;
    };
    if (guard !== undefined) guard.error(error);
    else this.transport.defer(rethrow);
  }

  /** @internal Details for `writer.getExtraInfo`. */
  info(name: string): unknown {
    return this.transport.info(name);
  }

  /** @internal True once the program has ended it by a call, other than by a source of its writer that failed. */
  get endedHere(): boolean {
    if (this.writer.sourceFailed) return false;
    if (this.verdict !== undefined) return this.verdict.by === 'local';
    return this.closing !== undefined;
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

  /** What the reader draws from. */
  private upstream(): Upstream {
    return this.limits?.upstream(this.transport) ?? this.transport;
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
    if (this.settled) return;
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
    this.settled = true;
    const cleanly = this.verdict === undefined && error === undefined;
    if (cleanly && (this.peerEnded || this.closing !== undefined)) this.reader.input.end();
    else if (by === 'local' || by === 'peer') this.reader.input.fail(this.closedError('Cannot read', error));
    else this.reader.input.fail(error);
    this.writer.lose(WRITE_MESSAGES[by], error);
    const { upgrade } = this;
    this.upgrade = undefined;
    upgrade?.fail(error ?? this.closedError('Cannot start TLS'));
  }

  private closedError(what: string, cause?: unknown): ConnectionClosedError {
    return endErrors.mark(new ConnectionClosedError(`${what}: the connection is closed`, { cause }), this);
  }
}

/** The peer had not ended: more may have been on its way, and was dropped. */
function closedHere(): ConnectionClosedError {
  return new ConnectionClosedError('Cannot read on: the connection was closed on this side before the peer had ended');
}

const WRITE_MESSAGES: Readonly<Record<CloseInfo['by'], string>> = {
  local: 'Cannot write: the connection was ended on this side',
  peer: 'Cannot write: the connection is closed',
  reset: 'Cannot write: the peer reset the connection',
  timeout: 'Cannot write: the connection timed out',
  error: 'Cannot write: the connection broke',
};
