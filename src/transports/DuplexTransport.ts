/**
 * A transport on a Node stream, and every way in which such a stream can end:
 *
 *     'close' ─────────────────────────────────────────────────────┐
 *     'error', a write or an end that fails, a chunk of no bytes ──┤
 *     destroyed or broken before it was opened ────────────────────┼──► destroyed by us ──► its last bytes, `onClosed`
 *     destroy(), reset(), or destroyed by others: it has           │
 *     MAX_TURNS for its 'close', which not all streams emit ───────┘
 *
 * The file is long because all these ways, and upgrades to TLS, share this state.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { isUint8Array } from 'node:util/types';
import { eventLoop } from '../eventLoop';
import type { StartTlsOptions } from '../net/StartTlsOptions';
import type { ProxyDetails } from './ProxyDetails';
import { peerCertificate } from './peerCertificate';
import { connectionReset, resetAfterFin, wasReset } from './resets';
import type { Endpoints, LocalEndpoint, Transport, TransportEvents, TransportUpgrade } from './Transport';

/** Details that a stream does not know itself. */
export interface StreamDetails {
  readonly raw?: (() => Duplex | undefined) | undefined;
  readonly peername?: string | undefined;
  readonly sockname?: string | undefined;
  /** The local end, if all streams of a server have the same one: then it is not asked for and kept with each stream. */
  readonly local?: LocalEndpoint | undefined;
  /** The addresses of the stream before TLS: those of the secure stream may be gone when it is ready. */
  readonly before?: Endpoints | undefined;
  /** The peer behind a proxy: its addresses replace those of the stream. */
  readonly peer?: ProxiedEnd | undefined;
  /** Prepares an upgrade to TLS. */
  readonly upgrade?: ((options: StartTlsOptions) => StreamUpgrade) | undefined;
}

/** The peer of a stream that a proxy passes on. */
export interface ProxiedEnd extends Omit<Endpoints, keyof LocalEndpoint> {
  /** Its path, if it is a Unix socket. */
  readonly path?: string | undefined;
  readonly proxy: ProxyDetails;
}

/** An upgrade of a stream that has not begun. */
export interface StreamUpgrade {
  readonly side: 'client' | 'server';
  /**
   * Starts TLS on a connected stream. The secure stream owns it from now on.
   *
   * @param done - Called once, inside an event of the stream: with the secure stream, whose peer is verified as the options say,
   *   or with the error.
   */
  start(raw: Duplex, done: (error: unknown, secure?: Duplex) => void): void;
}

const NO_DETAILS: StreamDetails = {};
const NOTHING = /* @__PURE__ */ Buffer.alloc(0);
/** A write of fewer bytes needs no callback: see `offerToSocket`. */
const SHORT = 16 * 1024;

/** How many turns of the event loop a stream may take to emit `'close'`. A socket takes one or two, and a few more after FIN. */
const MAX_TURNS = 8;

/** The property of a stream that has its transport, for listeners that all streams share. */
const OWNER = Symbol('transport');

type Owned = Duplex & { [OWNER]: DuplexTransport };

/**
 * A transport on a Node stream: a TCP or Unix socket, a TLS socket, or any other Duplex.
 *
 * Make it as soon as the stream exists: an error of a stream without an `'error'` listener ends the process. The listeners are
 * the same functions for all streams, and find their transport by a property of the stream. Closures would take half as much
 * memory as an idle socket.
 */
export class DuplexTransport implements Transport {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: string | undefined;
  private readonly local: LocalEndpoint;
  private failure: Error | undefined;
  private events: TransportEvents | undefined;
  private upgrading = false;
  /** True once a TLS handshake has begun on the stream, even if it failed. */
  private shaken = false;

  /**
   * @param stream - A connected stream that nothing else reads.
   * @param details - `raw`: finds the socket under TLS, to send a reset; `peername` and `sockname`: the paths of the ends of a
   *   Unix socket, which does not know them itself.
   */
  constructor(
    private readonly stream: Duplex,
    private readonly details: StreamDetails = NO_DETAILS,
  ) {
    const socket = details.before ?? (stream as Partial<Socket>);
    this.local = details.local ?? { localAddress: socket.localAddress, localPort: socket.localPort };
    const peer = details.peer ?? socket;
    this.remoteAddress = peer.remoteAddress;
    this.remotePort = peer.remotePort;
    this.remoteFamily = peer.remoteFamily;
    // The connection decides when our side ends.
    stream.allowHalfOpen = true;
    (stream as Owned)[OWNER] = this;
    stream.on('error', failed);
  }

  get live(): true {
    return true;
  }

  get localAddress(): string | undefined {
    return this.local.localAddress;
  }

  get localPort(): number | undefined {
    return this.local.localPort;
  }

  get proxy(): ProxyDetails | undefined {
    return this.details.peer?.proxy;
  }

  open(events: TransportEvents): void {
    const { stream } = this;
    this.events = events;
    stream.on('data', arrived);
    stream.on('end', ended);
    stream.on('close', closed);
    // A stream that has ended or is broken already emits no more events.
    if (stream.readableEnded) eventLoop.endOfTurn(() => this.onEnd());
    this.failure ??= stream.errored ?? undefined;
    if (stream.destroyed || this.failure !== undefined) eventLoop.endOfTurn(() => this.onClosed());
    stream.resume();
  }

  /**
   * @internal Of the stream. This does not wait for `'close'`: a TLS socket that gets a broken record emits none, and goes on as
   * if nothing had happened.
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

  /** @param whole - False if a chunk is missing: the bytes behind it are useless. */
  private conclude(whole: boolean): void {
    if (this.upgrading || this.events === undefined) return;
    const { stream, events } = this;
    this.events = undefined;
    stream.off('data', arrived);
    stream.destroy();
    // A paused stream that breaks keeps its bytes until they are read.
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
      // A stream whose writing side has ended already has nothing left to send.
      if (!error || stream.writableFinished) done();
      else this.refused(error);
    });
    // A destroyed stream does not call back.
    if (stream.destroyed) this.gone();
  }

  destroy(): void {
    this.outsideHandshake(() => this.stream.destroy());
    this.awaitClose(MAX_TURNS);
  }

  reset(): void {
    const raw = (this.details.raw?.() ?? this.stream) as Duplex & Partial<TLSSocket>;
    // Only a TCP socket can reset. The method of a Unix socket throws, and that of TLS too.
    const isTcp = (this.details.peer === undefined ? this.remoteAddress : this.localAddress) !== undefined;
    const hasReset = isTcp && !raw.encrypted && raw.resetAndDestroy !== undefined;
    this.outsideHandshake(() => {
      if (hasReset) resetAfterFin(this.stream, raw as Socket);
      else this.stream.destroy();
    });
    this.awaitClose(MAX_TURNS);
  }

  /** Node crashes if a socket is ended inside a callback of its TLS handshake. So the end waits for the next turn. */
  private outsideHandshake(end: () => void): void {
    if (this.shaken) eventLoop.nextTurn(end);
    else end();
  }

  /** Waits for the `'close'` of a destroyed stream. If none comes in this many turns of the event loop, it ends without it. */
  private awaitClose(turns: number): void {
    if (this.events === undefined) return;
    if (turns > 0) {
      eventLoop.nextTurn(() => this.awaitClose(turns - 1));
      return;
    }
    this.upgrading = false;
    this.onClosed();
  }

  /** A write or the end has failed. If the stream was destroyed before, it reports the failure in no other way. */
  private refused(error: Error): void {
    eventLoop.endOfTurn(() => {
      if (this.stream.destroyed) this.gone();
      else this.onFailure(error);
    });
  }

  /** Other code has destroyed the stream. */
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
    if (details.upgrade === undefined) throw new TypeError('Cannot start TLS: the stream does not support it');
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
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily, details } = this;
    if (name === 'peername') {
      const path = details.peer?.path ?? details.peername;
      return remoteAddress === undefined ? path : { address: remoteAddress, port: remotePort, family: remoteFamily };
    }
    if (name === 'sockname') {
      // The peer behind a proxy may be of another family than the stream.
      const family = details.peer === undefined ? remoteFamily : localAddress?.includes(':') ? 'IPv6' : 'IPv4';
      return localAddress === undefined ? details.sockname : { address: localAddress, port: localPort, family };
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
