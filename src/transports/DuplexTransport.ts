/**
 * A transport on a Node stream, and every way in which such a stream comes to its end:
 *
 *     'close' ─────────────────────────────────────────────────────┐
 *     'error', a write or an end that fails, a chunk of no bytes ──┤
 *     destroyed or broken before it was opened ────────────────────┼──► destroyed by us ──► what it still has, `onClosed`
 *     destroy(), reset(), or destroyed by others: it has           │
 *     MAX_TURNS for its 'close', which not all streams emit ───────┘
 *
 * The file is long because all of them meet in these states, and upgrades do too.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { isUint8Array } from 'node:util/types';
import { eventLoop } from '../eventLoop';
import type { StartTlsOptions } from '../net/StartTlsOptions';
import { connectionReset } from './connectionReset';
import { peerCertificate } from './peerCertificate';
import { resetAfterFin } from './resetAfterFin';
import type { Endpoints, LocalEndpoint, Transport, TransportEvents, TransportUpgrade } from './Transport';
import { wasReset } from './wasReset';

/** What a stream does not know of itself. */
export interface StreamDetails {
  readonly raw?: (() => Duplex | undefined) | undefined;
  readonly peername?: string | undefined;
  readonly sockname?: string | undefined;
  /** The local end, where all streams of a server have the same, and it need not be asked for and kept with each. */
  readonly local?: LocalEndpoint | undefined;
  /** The addresses of the stream that was there before TLS: those of the secure one may be gone when it is ready. */
  readonly before?: Endpoints | undefined;
  /** Prepares an upgrade to TLS. */
  readonly upgrade?: ((options: StartTlsOptions) => StreamUpgrade) | undefined;
}

/** An upgrade of a stream that has not begun. */
export interface StreamUpgrade {
  readonly side: 'client' | 'server';
  /**
   * Puts TLS on a stream that is connected, which belongs to the secure one from now on.
   *
   * @param done - Called once, inside an event of the stream: with the secure stream, its peer verified as far as it is to
   *   be, or with what went wrong.
   */
  start(raw: Duplex, done: (error: unknown, secure?: Duplex) => void): void;
}

const NO_DETAILS: StreamDetails = {};
const NOTHING = Buffer.alloc(0);
/** A write of fewer bytes needs no callback: see `offerToSocket`. */
const SHORT = 16 * 1024;

/** How many turns of the event loop a stream has to emit `'close'`. A socket takes one or two, and a few more after FIN. */
const MAX_TURNS = 8;

/** Which transport a stream belongs to, for listeners that all streams share. */
const OWNER = Symbol('transport');

type Owned = Duplex & { [OWNER]: DuplexTransport };

/**
 * A transport on a Node stream: a TCP or Unix socket, a TLS socket, or any other Duplex.
 *
 * It must be made as soon as the stream exists: a stream without an `'error'` listener ends the process. Its listeners are
 * the same functions for all streams, which find their transport by a property of the stream: closures would take half
 * as much memory as an idle socket.
 */
export class DuplexTransport implements Transport {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: string | undefined;
  private readonly local: LocalEndpoint;
  private failure: Error | undefined;
  private events: TransportEvents | undefined;
  private upgrading = false;
  /** True once TLS was begun on the stream, whatever became of it. */
  private shaken = false;

  /**
   * @param stream - Connected, and not read by anybody else.
   * @param details - `raw`: finds the socket beneath, where `stream` is TLS, on which a reset is sent; `peername` and
   *   `sockname`: the paths of a Unix socket's ends, which it does not know itself.
   */
  constructor(
    private readonly stream: Duplex,
    private readonly details: StreamDetails = NO_DETAILS,
  ) {
    const socket = details.before ?? (stream as Partial<Socket>);
    this.local = details.local ?? { localAddress: socket.localAddress, localPort: socket.localPort };
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.remoteFamily = socket.remoteFamily;
    // We decide when our side ends, as long as the stream lets us.
    stream.allowHalfOpen = true;
    (stream as Owned)[OWNER] = this;
    stream.on('error', failed);
  }

  get localAddress(): string | undefined {
    return this.local.localAddress;
  }

  get localPort(): number | undefined {
    return this.local.localPort;
  }

  open(events: TransportEvents): void {
    const { stream } = this;
    this.events = events;
    stream.on('data', arrived);
    stream.on('end', ended);
    stream.on('close', closed);
    // A stream that ended or broke before we came says nothing any more.
    if (stream.readableEnded) eventLoop.endOfTurn(() => this.onEnd());
    this.failure ??= stream.errored ?? undefined;
    if (stream.destroyed || this.failure !== undefined) eventLoop.endOfTurn(() => this.onClosed());
    stream.resume();
  }

  /**
   * @internal Of the stream. Its `'close'` is not waited for: a TLS socket that gets a broken record emits none, and
   * goes on as if nothing had happened.
   */
  onFailure(error: Error): void {
    this.failure ??= error;
    this.onClosed();
  }

  /** @internal Of the stream. */
  onData(chunk: unknown): void {
    if (isUint8Array(chunk)) {
      this.events?.onData(chunk);
      return;
    }
    this.failure ??= notBytes(chunk);
    this.conclude(false);
  }

  /** @internal Of the stream. */
  onEnd(): void {
    if (this.upgrading) return;
    if (wasReset(this.stream)) this.onFailure(connectionReset());
    else this.events?.onEnd();
  }

  /** @internal Of the stream. */
  onClosed(): void {
    this.conclude(true);
  }

  /** @param whole - False where a chunk is missing: what comes behind it is no use to anybody. */
  private conclude(whole: boolean): void {
    if (this.upgrading || this.events === undefined) return;
    const { stream, events } = this;
    this.events = undefined;
    stream.off('data', arrived);
    stream.destroy();
    // A paused stream that breaks keeps what it had, and gives it only if asked.
    for (let left: unknown = whole ? stream.read() : null; left !== null; left = stream.read()) {
      if (!isUint8Array(left)) {
        this.failure ??= notBytes(left);
        break;
      }
      events.onData(left);
    }
    events.onClosed(this.failure);
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  write(chunks: readonly Uint8Array[], done: () => void): void {
    const { stream } = this;
    const last = chunks.length - 1;
    if (last > 0) stream.cork();
    for (let i = 0; i < last; i++) stream.write(chunks[i]);
    stream.write(chunks[last], (error) => {
      if (error) this.refused(error);
      else done();
    });
    if (last > 0) stream.uncork();
  }

  get offer(): DuplexTransport['offerToSocket'] | undefined {
    return isPrompt(this.stream) ? this.offerToSocket : undefined;
  }

  /**
   * A socket tries to hand over what it is given before `write` returns, and nearly always can. Its callback comes later all the
   * same, and costs as much as the rest of a short write. So a short one goes without, and if the kernel has not taken it, an
   * empty write behind it tells when it has.
   */
  private offerToSocket(chunks: readonly Uint8Array[], done: () => void): boolean {
    const { stream } = this;
    const [first] = chunks as [Uint8Array];
    const short = chunks.length === 1 && first.length < SHORT;
    let taken = false;
    if (short) stream.write(first);
    else this.write(chunks, () => taken || done());
    // A destroyed stream has nothing left to hand over either.
    taken = stream.writableLength === 0 && stream.writable;
    if (short && !taken) this.write([NOTHING], done);
    return taken;
  }

  end(done: () => void): void {
    const { stream } = this;
    stream.end((error?: Error | null) => {
      // A stream whose writing side ended before we came has nothing left to send.
      if (!error || stream.writableFinished) done();
      else this.refused(error);
    });
    // Once destroyed, it calls nobody back.
    if (stream.destroyed) this.gone();
  }

  destroy(): void {
    this.outsideHandshake(() => this.stream.destroy());
    this.awaitClose(MAX_TURNS);
  }

  reset(): void {
    const raw = (this.details.raw?.() ?? this.stream) as Duplex & Partial<TLSSocket>;
    // Only a TCP socket has a reset: a Unix socket's method throws, and so does that of TLS.
    const hasReset = this.remoteAddress !== undefined && !raw.encrypted && raw.resetAndDestroy !== undefined;
    this.outsideHandshake(() => {
      if (hasReset) resetAfterFin(this.stream, raw as Socket);
      else this.stream.destroy();
    });
    this.awaitClose(MAX_TURNS);
  }

  /** Node does not survive the end of a socket inside a callback of the handshake on it: that waits for the next turn. */
  private outsideHandshake(end: () => void): void {
    if (this.shaken) eventLoop.nextTurn(end);
    else end();
  }

  /** Ends a stream that was destroyed, by its `'close'` or, where none comes, after so many turns of the event loop. */
  private awaitClose(turns: number): void {
    if (this.events === undefined) return;
    if (turns > 0) {
      eventLoop.nextTurn(() => this.awaitClose(turns - 1));
      return;
    }
    this.upgrading = false;
    this.onClosed();
  }

  /** A write or the end has failed, which the stream tells in this way alone if it was destroyed before. */
  private refused(error: Error): void {
    eventLoop.endOfTurn(() => {
      if (this.stream.destroyed) this.gone();
      else this.onFailure(error);
    });
  }

  /** Others have destroyed the stream. */
  private gone(): void {
    this.failure ??= this.stream.errored ?? undefined;
    this.awaitClose(MAX_TURNS);
  }

  nextTurn(task: () => void): boolean {
    return eventLoop.nextTurn(task);
  }

  defer(task: () => void): void {
    eventLoop.endOfTurn(task);
  }

  startTls(options: StartTlsOptions): TransportUpgrade {
    const { stream, details } = this;
    if (details.upgrade === undefined)
      throw new TypeError('Cannot start TLS: the stream is not one that TLS can go on');
    const { side, start } = details.upgrade(options);
    return {
      side,
      get unread() {
        return stream.readableLength;
      },
      start: (head, discard, done) => {
        this.upgrading = this.shaken = true;
        stream.off('data', arrived);
        stream.pause();
        if (discard) while (stream.read() !== null);
        else if (head.length > 0) stream.unshift(head);
        const failed = (error: unknown) => {
          this.upgrading = false;
          done(error);
        };
        start(stream, (error, secure) => {
          if (secure === undefined) failed(error);
          else
            done(
              undefined,
              new DuplexTransport(secure, { ...details, before: this, raw: () => details.raw?.() ?? stream }),
            );
        });
      },
    };
  }

  info(name: string): unknown {
    if (name === 'socket') return this.stream;
    const tls = this.stream as Partial<TLSSocket>;
    if (name === 'cipher') return tls.getCipher?.();
    if (name === 'peercert') return tls.getPeerCertificate && peerCertificate(this.stream as TLSSocket);
    if (name === 'alpn') return tls.alpnProtocol || undefined;
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily: family } = this;
    if (name === 'peername') {
      return remoteAddress === undefined ? this.details.peername : { address: remoteAddress, port: remotePort, family };
    }
    if (name === 'sockname') {
      return localAddress === undefined ? this.details.sockname : { address: localAddress, port: localPort, family };
    }
    return undefined;
  }
}

function notBytes(chunk: unknown): TypeError {
  return new TypeError(`Cannot read a chunk of type ${typeof chunk}: it must be a Uint8Array`);
}

function failed(this: Duplex, error: Error): void {
  (this as Owned)[OWNER].onFailure(error);
}

function arrived(this: Duplex, chunk: unknown): void {
  (this as Owned)[OWNER].onData(chunk);
}

function ended(this: Duplex): void {
  (this as Owned)[OWNER].onEnd();
}

function closed(this: Duplex): void {
  (this as Owned)[OWNER].onClosed();
}

/** Whether a stream is a socket without TLS, which calls nobody back from inside of a write. Others may, a loop of two for one. */
function isPrompt(stream: Duplex): boolean {
  const { encrypted, resetAndDestroy } = stream as Partial<TLSSocket>;
  return resetAndDestroy !== undefined && !encrypted;
}
