/**
 * One upgrade of a connection to TLS, from the call of `startTls` until the secure stream is open or the upgrade has failed.
 *
 *     called ── the queued bytes are sent ──► flushed ── handshake ──► secure
 *       └────────────┴── timed out, aborted, refused, broken ──┴─────► failed: the connection is destroyed
 *
 * From the call on, nothing that comes in the clear reaches a read: not the unread bytes of the reader, not the bytes that
 * arrive while the queue is sent, and not the peer's FIN. All of it comes here. By default, a server keeps the bytes for its
 * handshake, and pauses the stream above twice the reader's limit; a client counts them and refuses. The option `pending`
 * changes that. Bytes behind an operator (see {@link Offshoots}) are dropped, and make the upgrade fail on both sides: the
 * operator has changed them, so they are no handshake.
 *
 * The file is long because bytes, FIN, failures and time limits mean something else in each of these states.
 */
import { asyncScheduler, type Subscription } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import { assertSignal, assertTimeout } from '../argumentChecks';
import { ByteBuffer } from '../bytes/ByteBuffer';
import { defaults } from '../defaults';
import { endErrors } from '../endErrors';
import { ConnectionClosedError, PlaintextPendingError, SocketTimeoutError } from '../errors';
import type { StartTlsOptions } from '../net/StartTlsOptions';
import type { ConnectionOpenMessage, HandshakeMessage } from '../observing/ChannelMessages';
import { channels } from '../observing/channels';
import { Trace } from '../observing/Trace';
import { Offshoots } from '../reading/Offshoots';
import type { ReadLoop } from '../reading/ReadLoop';
import type { StreamReader } from '../reading/StreamReader';
import { handshakeOutcome } from '../transports/handshakeOutcome';
import type { Transport, TransportUpgrade } from '../transports/Transport';
import type { StreamWriter } from '../writing/StreamWriter';

/** What an upgrade needs from its connection. */
export interface UpgradeOwner {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
  /** The upgrade that is running. */
  readonly upgrade: TlsUpgrade | undefined;
  /** The connection itself, as channels tell it. */
  readonly message: ConnectionOpenMessage;
  /** The handshake is done. */
  secured(transport: Transport): void;
  /**
   * The upgrade has failed, and the connection with it.
   *
   * @param by - If it was aborted or timed out.
   */
  upgradeFailed(error: unknown, by?: 'local' | 'timeout'): void;
}

/** Options of one upgrade. */
export interface UpgradePolicy {
  readonly pending: StartTlsOptions['pending'];
  /** In milliseconds from the call; 0 is off. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export class TlsUpgrade {
  /** True once everything that was written before is sent. */
  handshaking = false;
  /** Resolves once the handshake is done. */
  readonly done: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;
  private readonly head = new ByteBuffer();
  private arrived = 0;
  /** How many bytes waited behind an operator. A handshake can't use them. */
  private strayed = 0;
  private peerEnded = false;
  private over = false;
  private timer: Subscription | undefined;
  private trace: Trace<HandshakeMessage> | undefined;

  constructor(
    private readonly owner: UpgradeOwner,
    private readonly input: ReadLoop,
    private readonly transport: Transport,
    private readonly prepared: TransportUpgrade,
    private readonly policy: UpgradePolicy,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const { signal, timeout } = policy;
    if (signal !== undefined) AbortListeners.of(signal).add(this);
    if (timeout > 0) {
      const late = () => owner.upgradeFailed(new SocketTimeoutError('handshake', timeout), 'timeout');
      this.timer = asyncScheduler.schedule(late, timeout);
    }
    input.seize((unread) => this.onData(unread));
    // After the reader's own bytes: an operator that loses its bytes lets the reader go on.
    input.offshoots ??= new Offshoots();
    input.offshoots.seize((bytes) => this.onStray(bytes));
  }

  /**
   * Checks the options before anything happens.
   *
   * @throws `TypeError` for invalid options, and if there is no socket.
   */
  static prepare(transport: Transport, options: StartTlsOptions): [TransportUpgrade, UpgradePolicy] {
    const { pending, signal, handshakeTimeout: timeout = defaults.handshakeTimeout, ...tls } = options;
    assertSignal(signal);
    assertTimeout('handshakeTimeout', timeout);
    if (pending !== undefined && pending !== 'feed' && pending !== 'discard') {
      throw new TypeError(`Cannot treat pending bytes as ${String(pending)}: pending must be 'feed' or 'discard'`);
    }
    if (transport.startTls === undefined) throw new TypeError('Cannot start TLS: the connection is not on a socket');
    return [transport.startTls(tls), { pending, timeout, signal }];
  }

  /**
   * Why an upgrade can't begin now; `undefined` if it can.
   *
   * @param peerEnded - Whether the peer's FIN has arrived.
   */
  static refusal(
    owner: UpgradeOwner,
    peerEnded: boolean,
    prepared: TransportUpgrade,
    { pending, signal }: UpgradePolicy,
  ): { readonly reason: unknown } | undefined {
    if (signal?.aborted) return { reason: signal.reason };
    if (owner.upgrade !== undefined) {
      return { reason: new ConnectionClosedError('Cannot start TLS: another upgrade is running') };
    }
    const over = owner.writer.whyOver();
    if (over !== undefined || peerEnded) {
      const error = new ConnectionClosedError('Cannot start TLS: the connection has ended', { cause: over?.cause });
      return { reason: endErrors.mark(error, owner) };
    }
    const injected = TlsUpgrade.pendingAt(owner.reader.input, prepared, pending);
    return injected > 0 ? { reason: new PlaintextPendingError(injected) } : undefined;
  }

  /** How many of the unread bytes were injected: all of them on a client without `pending`; none on a server. */
  static injected(prepared: TransportUpgrade, pending: StartTlsOptions['pending'], unread: number): number {
    return prepared.side === 'client' && pending === undefined ? unread + prepared.unread : 0;
  }

  /** The same before the call, and with the bytes behind operators, which can't be part of a handshake. */
  private static pendingAt(input: ReadLoop, prepared: TransportUpgrade, pending: StartTlsOptions['pending']): number {
    const injected = TlsUpgrade.injected(prepared, pending, input.buffer.length);
    if (prepared.side === 'server' || pending === 'discard') return injected;
    return injected + (input.offshoots?.unread ?? 0);
  }

  /** Which side of the handshake we are. */
  get side(): TransportUpgrade['side'] {
    return this.prepared.side;
  }

  /** True while no byte has come in the clear that could belong to a handshake. */
  get isUnanswered(): boolean {
    return this.arrived === 0;
  }

  /** Bytes came in the clear. */
  onData(chunk: Uint8Array): void {
    this.arrived += chunk.length;
    if (this.over || !this.feeds) return;
    this.head.append(chunk);
    if (this.head.length > 2 * this.input.limit) this.transport.pause();
  }

  /** The peer's FIN came in the clear. */
  onEnd(): void {
    this.peerEnded = true;
  }

  /** Everything that was written before is sent. */
  onFlushed(): void {
    // If a decoder is at work on a frame, its bytes come a little later.
    this.input.seize((rest) => {
      this.onData(rest);
      if (!this.over) this.shakeHands();
    });
  }

  /** The signal was aborted. */
  handleEvent(): void {
    const reason: unknown = this.policy.signal?.reason;
    this.fail(reason);
    this.owner.upgradeFailed(reason, 'local');
  }

  /** Ends the upgrade. Nothing happens after it. */
  fail(error: unknown): void {
    this.settle();
    Trace.settle(
      this.trace,
      () => ({ error }),
      () => this.reject(error),
    );
  }

  /** Bytes that came in the clear were dropped behind an operator. */
  private onStray(bytes: number): void {
    if (this.over || this.policy.pending === 'discard') return;
    this.strayed += bytes;
    if (this.handshaking) this.owner.upgradeFailed(new PlaintextPendingError(this.strayed));
  }

  private shakeHands(): void {
    const { owner, prepared, policy } = this;
    const injected = TlsUpgrade.injected(prepared, policy.pending, this.arrived) + this.strayed;
    if (injected > 0) {
      // They came while the queue was sent. Later writes already wait to be encrypted, so the connection can't go on.
      owner.upgradeFailed(new PlaintextPendingError(injected));
      return;
    }
    if (this.peerEnded) {
      owner.upgradeFailed(endedBefore());
      return;
    }
    this.handshaking = true;
    channels.handshake.begin(
      () => ({ side: prepared.side, ...owner.message }),
      (trace) => {
        this.trace = trace;
        this.start();
      },
    );
  }

  private start(): void {
    const { owner, prepared, policy } = this;
    prepared.start(this.head.take(this.head.length), policy.pending === 'discard', (error, secure) => {
      if (secure === undefined || this.over) {
        secure?.destroy();
        owner.upgradeFailed(error);
        return;
      }
      this.settle();
      this.input.offshoots?.open();
      Trace.settle(
        this.trace,
        () => handshakeOutcome(secure.info('socket')),
        () => {
          owner.secured(secure);
          this.resolve();
        },
      );
    });
  }

  private settle(): void {
    this.over = true;
    this.head.clear();
    this.timer?.unsubscribe();
    const { signal } = this.policy;
    if (signal !== undefined) AbortListeners.of(signal).delete(this);
  }

  /** Whether the bytes that came in the clear are the beginning of the peer's handshake. */
  private get feeds(): boolean {
    const { pending } = this.policy;
    return pending === 'feed' || (pending === undefined && this.prepared.side === 'server');
  }
}

/** The error that Node makes if FIN comes during the handshake. */
function endedBefore(): NodeJS.ErrnoException {
  return Object.assign(new Error('Cannot start TLS: the peer has ended before the handshake'), { code: 'ECONNRESET' });
}
