/**
 * One connection: a reader, a writer, and the states of their transport.
 *
 *     open ──peer's FIN──► peerEnded ──┐                    both FINs, or
 *       ├──our FIN───────► weEnded ────┴─ the other FIN ──► nothing comes any more ──► closed
 *       ├──close()───────► closing: drops what arrives, sends what is queued, then FIN; the peer has
 *       │                  `timeout` milliseconds for each step ────────────────────► closed
 *       └──destroy(), reset(), a broken transport, silence ─────────────────────────► closed
 *
 * A connection is closed once. Then the reader, the writer and every pending promise learn the reason; `closed` never rejects.
 *
 * The file is long because every way to end a connection, and TLS, change these states.
 */
import type { Duplex } from 'node:stream';
import { assertTimeout } from '../argumentChecks';
import { defaults } from '../defaults';
import { endErrors } from '../endErrors';
import { type BufferOverflowError, ConnectionClosedError, SocketTimeoutError } from '../errors';
import type { Server } from '../net/Server';
import type { StartTlsOptions } from '../net/StartTlsOptions';
import { StreamReader } from '../reading/StreamReader';
import { isReset } from '../transports/resets';
import type { Transport } from '../transports/Transport';
import type { Upstream } from '../transports/Upstream';
import { StreamWriter } from '../writing/StreamWriter';
import type { CloseInfo } from './CloseInfo';
import type { ConnectionOptions } from './ConnectionOptions';
import { DrainedConnection } from './DrainedConnection';
import { inTurn } from './inTurn';
import { Patience } from './Patience';
import { refusedWrites } from './refusedWrites';
import { TimeLimits } from './TimeLimits';
import { TlsUpgrade } from './TlsUpgrade';
import { toDuplex } from './toDuplex';
import { toWeb, type WebStreams } from './toWeb';

/**
 * A connection to a peer: bytes in, bytes out, and an end.
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
export class Connection extends DrainedConnection {
  /** @internal `made` is called with each new connection: a test that hangs describes them. */
  static readonly watch: { made: ((connection: Connection) => void) | undefined } = { made: undefined };
  /** The bytes from the peer. */
  readonly reader: StreamReader;
  /** The bytes to the peer. */
  readonly writer: StreamWriter;

  /** @internal */
  protected transport: Transport;
  // What only some connections need is made on demand: there may be many thousand connections, most of them idle.
  private closedPromise: Promise<CloseInfo> | undefined;
  private closeListener: ((connection: Connection) => void) | undefined;
  private peerEnded = false;
  private weEnded = false;
  /** The side whose FIN or `close` came first. */
  private endedBy: 'local' | 'peer' | undefined;
  /** Set by `close`: how long the peer may stall. */
  private closing: Patience | undefined;
  /** @internal Set from `startTls` until the handshake is done. */
  upgrade: TlsUpgrade | undefined;
  /** Set if something ends the connection at once. */
  private verdict: CloseInfo | undefined;
  /** True once the reader and the writer know the end: a later failure can't change it. */
  private settled = false;
  /** @internal How it ended. Set at the very end. */
  ended: CloseInfo | undefined;
  private abort: AbortController | undefined;
  /** Made only if an option sets a limit. */
  private readonly limits: TimeLimits | undefined;

  /** @internal `connect`, `openConnection`, a server or `connectionPair` make connections. */
  constructor(transport: Transport, options: ConnectionOptions = {}, server?: Server) {
    super(options.slowAfter, server);
    const { limit, maxQueued = defaults.maxQueued } = options;
    const { highWaterMark = Math.min(defaults.highWaterMark, maxQueued) } = options;
    this.transport = transport;
    this.reader = new StreamReader(limit, transport);
    this.writer = new StreamWriter(transport, this, highWaterMark, maxQueued);
    this.limits = TimeLimits.of(options, this.reader.input, this.writer, {
      reached: (error) => this.endAtOnce({ by: 'timeout', error }),
      handshaking: () => this.upgrade?.handshaking ?? false,
      received: () => this.received,
    });
    if (this.limits !== undefined) this.reader.input.drawFrom(this.upstream());
    this.reader.input.holdObserver = this;
    Connection.watch.made?.(this);
    this.tellOpen();
    transport.open(this);
  }

  /**
   * Resolves once the connection is closed, with who ended it and why. It never rejects.
   *
   * If only the peer has ended, the connection is not closed: it waits for your end, `writer.writeEof()` or `close()`.
   */
  get closed(): Promise<CloseInfo> {
    this.closedPromise ??= new Promise((resolve) => this.whenClosed(({ ended }) => resolve(ended as CloseInfo)));
    return this.closedPromise;
  }

  /** An `AbortSignal` that aborts when the connection is closed, with a `ConnectionClosedError`. */
  get signal(): AbortSignal {
    if (this.abort === undefined) {
      this.abort = new AbortController();
      if (this.ended !== undefined) this.abort.abort(this.closedError('Cannot go on', this.ended.error));
    }
    return this.abort.signal;
  }

  /**
   * Ends the connection in good order: sends the queued bytes, then FIN, waits for the peer's FIN and releases the socket.
   *
   * A pending read sees the end of the stream. The bytes in the reader stay readable. Bytes that still arrive, or wait in a
   * paused socket, are dropped. If the peer stalls (it takes no queued bytes, or does not answer FIN), `close` waits for
   * `timeout` milliseconds. That time starts again whenever the peer takes bytes.
   *
   * @param options - `timeout` in milliseconds, 5000 by default; 0 waits for ever.
   * @returns How the connection ended. It never rejects.
   */
  close({ timeout = defaults.closeTimeout }: { readonly timeout?: number | undefined } = {}): Promise<CloseInfo> {
    assertTimeout('timeout', timeout);
    if (this.ended !== undefined || this.verdict !== undefined) return this.closed;
    const first = this.closing === undefined;
    this.closing?.stop();
    this.closing = new Patience(timeout, (late) => this.giveUpClosing(late));
    if (first) {
      this.endedBy ??= 'local';
      this.reader.input.end(() => endErrors.mark(new ConnectionClosedError(CUT), this));
      this.writer.finish('Cannot write: the connection was closed on this side', true);
      // Bytes that still arrive are read and dropped. Else the peer's FIN would never be seen.
      if (this.upgrade === undefined) this.transport.resume();
      if (this.reader.input.paused) this.onlooker?.see('resumed', this.reader.bufferedAmount);
      this.endWhenBothHave();
    }
    return this.closed;
  }

  /**
   * Ends the connection at once. Queued bytes are dropped. Once the bytes that arrived are read, reads reject with a
   * `ConnectionClosedError`. Pending `drain` and `flush` promises reject too.
   *
   * @param error - The reason. It becomes the `cause` of these errors, and is in `closed`.
   */
  destroy(error?: unknown): void {
    this.endAtOnce({ by: 'local', ...(error !== undefined && { error }) });
  }

  /** As {@link destroy}, with a reset (RST) that the peer sees as `ECONNRESET`, if the transport has resets. */
  reset(): void {
    this.endAtOnce({ by: 'local' }, true);
  }

  /**
   * Upgrades the connection to TLS. Reader and writer stay the same objects, and from now on their bytes are encrypted.
   *
   * Bytes that were written before are sent in the clear first. Bytes that you write from now on wait for the handshake. A
   * client verifies the name that it dialed, and sends it to the peer (SNI), unless `servername` gives another name.
   *
   * From the call on, no read gets bytes that came in the clear. On a server, bytes that are unread or arrive meanwhile are the
   * beginning of the handshake. On a client, and behind an operator, they were injected.
   *
   * @param options - Options of `tls.connect` or `tls.createServer`; `side`, `pending`, `signal`, and `handshakeTimeout` in
   *   milliseconds from the call, 60,000 by default. Options with the same values share one TLS context.
   * @returns Rejects with a `PlaintextPendingError` if bytes were injected: a client's connection stays as it is, a server's is
   *   destroyed. If the upgrade fails, times out or is aborted, it rejects with the error, a `SocketTimeoutError` or the
   *   signal's reason, and the connection is destroyed (but a signal that was aborted before the call leaves it as it is). On a
   *   closed connection it rejects with a `ConnectionClosedError`.
   * @throws `TypeError` for invalid options, and if there is no socket; the connection stays usable.
   */
  startTls(options: StartTlsOptions = {}): Promise<void> {
    const [prepared, policy] = TlsUpgrade.prepare(this.transport, options);
    const refused = TlsUpgrade.refusal(this, this.peerEnded, prepared, policy);
    if (refused !== undefined) return Promise.reject(refused.reason);
    const unread = this.reader.bufferedAmount;
    const upgrade = new TlsUpgrade(this, this.reader.input, this.transport, prepared, policy);
    this.upgrade = upgrade;
    this.onlooker?.see('tls', unread);
    this.writer.suspend(() => upgrade.onFlushed());
    return upgrade.done;
  }

  /**
   * Hands the connection to code that takes a Duplex of Node, unread bytes included. From now on a read of your own gets a
   * `ReaderBusyError`, and a write a `TypeError`.
   *
   * A write is done once the kernel has it. `end()` sends FIN, `destroy()` ends the connection. If the connection breaks, the
   * Duplex emits that error behind the bytes that arrived, but a write that fails emits it at once. If you end the connection
   * yourself without a reason, the Duplex is destroyed without an `'error'`.
   *
   * @example
   * ```ts
   * import { connectionPair } from 'rxjs-tcp';
   *
   * const [client, server] = connectionPair();
   * const duplex = server.toDuplex();
   * duplex.pipe(duplex);
   * client.writer.write('hello\n');
   * console.log(`${await client.reader.readLine()}`.trimEnd()); // → hello
   * ```
   * @throws `ReaderBusyError` if a read is active; `TypeError` if the connection was handed over before.
   */
  toDuplex(): Duplex {
    return toDuplex(this);
  }

  /**
   * The same as {@link toDuplex} with a pair of Web streams. Closing one sends FIN; to cancel or abort one ends the connection.
   *
   * @example
   * ```ts
   * import { connectionPair } from 'rxjs-tcp';
   *
   * const [client, server] = connectionPair();
   * void new Response('hello').body?.pipeTo(server.toWeb().writable);
   * console.log(await new Response(client.toWeb().readable).text()); // → hello
   * ```
   */
  toWeb(): WebStreams {
    return toWeb(this);
  }

  /** Closes in good order at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Of the upgrade: TLS is up. */
  secured(transport: Transport): void {
    this.upgrade = undefined;
    this.upgraded = true;
    this.memory?.look();
    this.transport = transport;
    this.reader.input.drawFrom(this.upstream());
    this.limits?.onSecured();
    transport.open(this);
    this.writer.resume(transport);
  }

  /** @internal Of the upgrade. */
  upgradeFailed(error: unknown, by?: 'local' | 'timeout'): void {
    this.endAtOnce(by === undefined ? this.verdictOf(error as Error) : { by, error });
  }

  /** @internal Of the transport. */
  onData(chunk: Uint8Array): void {
    this.received += chunk.length;
    if (this.onlooker !== undefined && this.upgrade === undefined && !this.settled) {
      this.onlooker.see('rx', chunk.length, chunk);
    }
    this.limits?.onData();
    if (this.upgrade !== undefined) this.upgrade.onData(chunk);
    else if (this.closing === undefined) this.reader.input.push(chunk);
    this.memory?.look();
  }

  /** @internal Of the transport. */
  onEnd(): void {
    if (!this.settled) this.onlooker?.see('fin-in');
    if (this.upgrade !== undefined) {
      this.upgrade.onEnd();
      return;
    }
    this.peerEnded = true;
    this.endedBy ??= 'peer';
    this.reader.input.end();
    this.endWhenBothHave();
  }

  /** @internal Of the transport: it is closed. */
  onClosed(error: Error | undefined): void {
    if (this.ended !== undefined) return;
    const info = this.verdict ?? this.verdictOf(error);
    if (this.verdict === undefined) this.settle(info);
    this.ended = info;
    if (info.by === 'reset') this.onlooker?.see('reset');
    this.onlooker?.see('close');
    this.closing?.stop();
    this.limits?.stop();
    this.abort?.abort(this.closedError('Cannot go on', info.error));
    this.closeListener?.(this);
    this.tellClosed(info);
  }

  /** @internal Of the writer: FIN is with the kernel. */
  onWritingEnded(): void {
    this.weEnded = true;
    this.endedBy ??= 'local';
    this.onProgress();
    this.onlooker?.see('fin-out');
    this.endWhenBothHave();
  }

  /** @internal Of the writer: more bytes are with the kernel. */
  onProgress(): void {
    this.onlooker?.see('sent');
    this.limits?.onProgress();
    this.memory?.look();
    if (this.ended === undefined) this.closing?.renew();
  }

  /** @internal Of the writer: more bytes wait. */
  onGrown(): void {
    this.memory?.look();
  }

  /** @internal Of the writer: a consumer has thrown in a callback. The other consumers must still be told. */
  onThrown(error: unknown): void {
    const { guard } = this.reader.input;
    if (guard !== undefined) guard.error(error);
    else
      this.transport.defer(() => {
        throw error;
      });
  }

  /** @internal */
  get state(): string {
    if (this.ended !== undefined) return `closed by ${this.ended.by}`;
    if (this.verdict !== undefined || this.closing !== undefined) return 'closing';
    if (this.upgrade !== undefined) return 'securing';
    return this.peerEnded ? 'peer ended' : this.weEnded ? 'writing ended' : 'open';
  }

  /** @internal Details for `writer.getExtraInfo`. */
  info(name: string): unknown {
    return this.transport.info(name);
  }

  /** @internal The FINs so far. */
  get fins(): { readonly sent: boolean; readonly received: boolean } {
    return { sent: this.weEnded, received: this.peerEnded };
  }

  /** @internal True once the program has ended it by a call. A failed source of its writer does not count. */
  get endedHere(): boolean {
    if (this.writer.sourceFailed) return false;
    if (this.verdict !== undefined) return this.verdict.by === 'local';
    return this.closing !== undefined;
  }

  /** @internal Calls back at the very end, before `closed` resolves. */
  whenClosed(listener: (connection: Connection) => void): void {
    if (this.ended !== undefined) listener(this);
    else this.closeListener = inTurn(this.closeListener, listener);
  }

  /** @internal The connections of the server hold too many bytes, and this one must let go of its own. */
  overflow(error: BufferOverflowError): void {
    this.reader.input.seize(() => {});
    this.endAtOnce({ by: 'error', error });
  }

  /** @internal The source of the reader. */
  protected upstream(): Upstream {
    return this.inSight(this.limits?.upstream(this.transport) ?? this.transport);
  }

  private endWhenBothHave(): void {
    if (this.peerEnded && this.weEnded) this.transport.destroy();
  }

  /** The peer has stalled for too long while this side closes. */
  private giveUpClosing(timeout: number): void {
    // All bytes and FIN are sent: a peer that keeps its side open is no failure.
    if (this.weEnded) this.transport.destroy();
    else this.endAtOnce({ by: 'timeout', error: new SocketTimeoutError('close', timeout) });
  }

  private endAtOnce(verdict: CloseInfo, reset = false): void {
    if (this.settled) return;
    this.verdict = verdict;
    if (reset) this.onlooker?.see('reset');
    this.settle(verdict);
    if (reset) this.transport.reset();
    else this.transport.destroy();
  }

  private verdictOf(error: Error | undefined): CloseInfo {
    const closedWell = this.closing !== undefined && this.weEnded && this.writer.bufferedAmount === 0;
    if (error === undefined || closedWell) return { by: this.endedBy ?? 'local' };
    return { by: isReset(error) ? 'reset' : 'error', error };
  }

  /** Tells the reader and the writer how the connection ended. */
  private settle({ by, error }: CloseInfo): void {
    this.settled = true;
    const cleanly = this.verdict === undefined && error === undefined;
    if (cleanly && (this.peerEnded || this.closing !== undefined)) this.reader.input.end();
    else if (by === 'local' || by === 'peer') this.reader.input.fail(this.closedError('Cannot read', error));
    else this.reader.input.fail(error);
    this.writer.lose(refusedWrites[by], error);
    const { upgrade } = this;
    this.upgrade = undefined;
    upgrade?.fail(error ?? this.closedError('Cannot start TLS'));
  }

  private closedError(what: string, cause?: unknown): ConnectionClosedError {
    return endErrors.mark(new ConnectionClosedError(`${what}: the connection is closed`, { cause }), this);
  }
}

/** The peer had not ended: it may have sent more, which was dropped. */
const CUT = 'Cannot read on: the connection was closed on this side before the peer had ended';
