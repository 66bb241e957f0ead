/**
 * The PROXY headers of a server: which sockets must have one, and those whose header has not arrived.
 *
 *     a socket ── from another address ───────────────────────────────► known: a client
 *         └── from a proxy: pending ── header ────────────────────────► known: the client behind the proxy
 *                 │                └── no header, not required ───────► known: a client
 *                 ├── a wrong header, too late, broken: a failure ────► destroyed
 *                 └── too many are pending: the oldest, refused ──────► destroyed
 *
 * All headers have the same time, so the pending sockets are in the order of their ends, and one timer is enough for all.
 */
import type { Server as NetServer, Socket } from 'node:net';
import { asyncScheduler, type Subscription } from 'rxjs';
import { ByteBuffer } from '../bytes/ByteBuffer';
import type { ProxyHeader } from '../codecs/proxy/ProxyHeader';
import { proxyCodec } from '../codecs/proxy/proxyCodec';
import { proxySignature } from '../codecs/proxy/proxySignature';
import { defaults } from '../defaults';
import { IncompleteReadError, SocketTimeoutError } from '../errors';
import { eventLoop } from '../eventLoop';
import { connectionReset } from '../transports/resets';
import type { AcceptProxyOptions } from './AcceptProxyOptions';
import type { Failures } from './Failures';
import { ProxiedPeer } from './ProxiedPeer';
import type { ServerTimers } from './ServerTimers';
import { TrustedAddresses } from './TrustedAddresses';

/** The server of the headers. */
export interface HeaderOwner {
  readonly timers: ServerTimers;
  isServing(): boolean;
  refuse(socket: Socket, reason: 'backlog'): void;
}

/** A socket whose header has not arrived. */
interface Pending {
  readonly since: number;
  /** What has arrived of the header: less than 536 bytes. */
  readonly buffer: ByteBuffer;
  /** Removes its listeners. */
  release(): void;
}

export class ProxyHeaders {
  private readonly trusted: TrustedAddresses;
  private readonly required: boolean;
  private readonly timeout: number;
  /** Oldest first. */
  private readonly pending = new Map<Socket, Pending>();
  private timer: Subscription | undefined;
  private trimming = false;

  /**
   * @param known - Emits `'connection'` with each socket that is ready: nothing behind its header is read.
   * @param places - How many sockets may be pending for longer than two turns of the event loop.
   */
  constructor(
    { from, required = true, timeout = defaults.proxyTimeout }: AcceptProxyOptions,
    private readonly owner: HeaderOwner,
    private readonly failures: Failures,
    private readonly known: NetServer,
    private readonly places: number = defaults.backlog,
  ) {
    this.trusted = new TrustedAddresses(from);
    this.required = required;
    this.timeout = timeout;
  }

  /** How many sockets are pending. */
  get size(): number {
    return this.pending.size;
  }

  /** Whether a socket comes from a proxy. */
  trusts(socket: Socket): boolean {
    return this.trusted.has(socket.remoteAddress);
  }

  /** The address of a client, for limits by address; `undefined` for a client on a Unix socket, and for a proxy itself. */
  clientAddress(socket: Socket): string | undefined {
    const peer = ProxiedPeer.of(socket);
    if (peer?.proxy.source !== undefined) return peer.remoteAddress;
    return this.trusts(socket) ? undefined : socket.remoteAddress;
  }

  /** Reads the headers of all sockets of a listener. */
  receiveFrom(net: NetServer): void {
    net.on('connection', (socket) => this.receive(socket));
  }

  /** Reads the header of a new socket, if it must have one. */
  receive(socket: Socket): void {
    // A TCP socket without a remote address was reset before it was accepted. Nobody can tell whether a proxy has sent it.
    const gone = socket.remoteAddress === undefined && socket.localAddress !== undefined;
    if (!this.owner.isServing()) socket.destroy();
    else if (gone) this.fail(socket, connectionReset());
    else if (this.trusts(socket)) this.wait(socket);
    else this.known.emit('connection', socket);
  }

  /** Destroys all pending sockets. */
  drop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    for (const socket of this.pending.keys()) {
      this.remove(socket);
      socket.destroy();
    }
  }

  private wait(socket: Socket): void {
    const buffer = new ByteBuffer();
    const arrived = (chunk: Buffer) => this.onData(socket, buffer, chunk);
    const ended = () => this.fail(socket, new IncompleteReadError(buffer.take(buffer.length), null));
    const broken = (error: Error) => this.fail(socket, error);
    const closed = () => this.remove(socket);
    const release = () => socket.off('data', arrived).off('end', ended).off('error', broken).off('close', closed);
    this.pending.set(socket, { since: asyncScheduler.now(), buffer, release });
    socket.on('end', ended).on('error', broken).on('close', closed).on('data', arrived).resume();
    if (this.timeout > 0) this.timer ??= this.owner.timers.schedule(this.expire, this.timeout);
    if (this.pending.size > this.places) this.trimLater();
  }

  private onData(socket: Socket, buffer: ByteBuffer, chunk: Buffer): void {
    buffer.append(chunk);
    const before = buffer.length;
    let header: ProxyHeader | undefined;
    try {
      header = proxyCodec.decode(buffer, false);
      if (header === undefined) return;
    } catch (error) {
      if (this.required || hasBegun(buffer)) {
        this.fail(socket, error);
        return;
      }
    }
    if (header !== undefined) ProxiedPeer.remember(socket, header, before - buffer.length);
    this.pass(socket, buffer);
  }

  /** The rest of the bytes belongs to the next reader. */
  private pass(socket: Socket, buffer: ByteBuffer): void {
    this.remove(socket);
    socket.pause();
    if (buffer.length > 0) socket.unshift(buffer.take(buffer.length));
    this.known.emit('connection', socket);
  }

  private fail(socket: Socket, error: unknown): void {
    this.remove(socket);
    this.failures.ofProxy(error, socket);
    // The system may report a reset although nobody waits for it any more.
    socket.on('error', () => {}).destroy();
  }

  private remove(socket: Socket): void {
    const pending = this.pending.get(socket);
    if (pending === undefined) return;
    pending.release();
    this.pending.delete(socket);
  }

  /** The time of the oldest is over, unless it has gone already. */
  private readonly expire = () => {
    this.timer = undefined;
    const now = asyncScheduler.now();
    for (const [socket, { since, buffer }] of this.pending) {
      const left = since + this.timeout - now;
      if (left > 0) {
        this.timer = this.owner.timers.schedule(this.expire, left);
        return;
      }
      if (this.required || hasBegun(buffer)) this.fail(socket, new SocketTimeoutError('proxy', this.timeout));
      else this.pass(socket, buffer);
    }
  };

  /** Sockets of the same turn come together, and their headers with them: they must have a chance to be read. */
  private trimLater(): void {
    if (this.trimming) return;
    this.trimming = true;
    eventLoop.nextTurn(() => eventLoop.nextTurn(() => this.trim()));
  }

  private trim(): void {
    this.trimming = false;
    for (const socket of this.pending.keys()) {
      if (this.pending.size <= this.places) return;
      this.remove(socket);
      this.owner.refuse(socket, 'backlog');
    }
  }
}

/** Whether a header has begun: its whole signature has arrived. */
function hasBegun(buffer: ByteBuffer): boolean {
  const found = proxySignature.find(buffer.peek(proxySignature[2].length));
  return found !== undefined && 'version' in found;
}
