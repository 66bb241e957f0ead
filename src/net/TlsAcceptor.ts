import type { Socket } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { defaults } from '../defaults';
import { SocketTimeoutError } from '../errors';
import type { Failures } from './Failures';
import { HandshakeTraces } from './HandshakeTraces';
import { handshakeError } from './handshakeError';
import type { Server } from './Server';

/** What the acceptor needs from its server. */
export interface AcceptingServer {
  isServing(): boolean;
  /** @param raw - Finds the socket under TLS. */
  accept(socket: Socket, raw: () => Socket | undefined): void;
  /** A handshake is over, well or not. */
  handshakeOver(): void;
}

/**
 * The TLS handshakes of a server. It knows all sockets under TLS, also those in a handshake, and reports handshakes that failed.
 */
export class TlsAcceptor {
  /** The sockets under TLS. */
  private readonly sockets = new Set<Socket>();
  /** Those of them that are in a handshake. */
  private readonly shaking = new Set<Socket>();
  /** The sockets that this side has destroyed. */
  private readonly aborted = new WeakSet<Socket>();

  private readonly traces: HandshakeTraces;

  /** @param handshakeTimeout - The option, in milliseconds. */
  constructor(
    private readonly server: AcceptingServer,
    private readonly failures: Failures,
    private readonly handshakeTimeout: number | undefined,
  ) {
    this.traces = new HandshakeTraces(server as Server);
  }

  /** How many sockets are open, in a handshake or after it. */
  get size(): number {
    return this.sockets.size;
  }

  /** How many sockets are in a handshake. */
  get handshakes(): number {
    return this.shaking.size;
  }

  acceptFrom(net: TlsServer): void {
    net.on('connection', (socket) => {
      this.sockets.add(socket);
      this.shaking.add(socket);
      // Node keeps an address that was read once. After a failed handshake the socket is gone, and it would be unknown.
      void socket.remoteAddress;
      this.traces.begin(socket);
      socket.once('close', () => {
        this.sockets.delete(socket);
        this.over(socket);
        this.traces.closed(socket);
      });
    });
    net.on('secureConnection', (socket: TLSSocket) => {
      const raw = this.beneath(socket);
      // First: what gets the connection may stop the server.
      if (raw !== undefined) this.over(raw);
      this.traces.succeed(raw, socket, () => this.server.accept(socket, () => this.beneath(socket)));
    });
    net.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const raw = this.beneath(socket);
      // A handshake that this side has broken off is no failure.
      if (!this.server.isServing() || (raw !== undefined && this.aborted.has(raw))) this.traces.drop(raw);
      else {
        const timedOut = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
        const reason = timedOut ? this.timedOut() : handshakeError(error, socket);
        this.failures.ofHandshake(reason, raw);
        this.traces.fail(raw, reason);
      }
      socket.destroy();
    });
  }

  /** Destroys every socket. */
  abort(): void {
    for (const socket of this.sockets) {
      this.aborted.add(socket);
      socket.destroy();
    }
  }

  /**
   * Destroys the sockets in a handshake: a connection whose handshake ends after the server has stopped is destroyed anyway.
   */
  dropHandshakes(): void {
    for (const socket of this.shaking) socket.destroy();
  }

  private over(socket: Socket): void {
    if (this.shaking.delete(socket)) this.server.handshakeOver();
  }

  /** The socket that carries the TLS of another. */
  private beneath(secure: Socket & { readonly _parent?: Socket | null }): Socket | undefined {
    // Node has no public way from a TLS socket to its socket, and a socket that is gone has no address to find it by.
    if (secure._parent) return secure._parent;
    const { remoteAddress, remotePort, localAddress } = secure;
    for (const raw of this.sockets) {
      if (raw.remotePort === remotePort && raw.remoteAddress === remoteAddress && raw.localAddress === localAddress)
        return raw;
    }
    return undefined;
  }

  private timedOut(): SocketTimeoutError {
    return new SocketTimeoutError('handshake', this.handshakeTimeout ?? defaults.handshakeTimeout);
  }
}
