import type { Socket } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { defaults } from '../defaults';
import { SocketTimeoutError } from '../errors';
import type { Failures } from './Failures';
import { handshakeError } from './handshakeError';

/** What the acceptor needs of its server. */
export interface AcceptingServer {
  isServing(): boolean;
  /** @param raw - Finds the socket under TLS. */
  accept(socket: Socket, raw: () => Socket | undefined): void;
}

/**
 * The handshakes of a server's TLS connections: knows the sockets under TLS, those included that are still in their handshake,
 * and tells of handshakes that failed.
 */
export class TlsAcceptor {
  /** Sockets under TLS. */
  private readonly sockets = new Set<Socket>();
  /** Those whose handshake is done. */
  private readonly secured = new WeakSet<Socket>();
  /** Those that we have hung up on. */
  private readonly aborted = new WeakSet<Socket>();

  /** @param handshakeTimeout - In milliseconds, as its option was given. */
  constructor(
    private readonly server: AcceptingServer,
    private readonly failures: Failures,
    private readonly handshakeTimeout: number | undefined,
  ) {}

  /** How many sockets are open, in a handshake or after it. */
  get size(): number {
    return this.sockets.size;
  }

  acceptFrom(net: TlsServer): void {
    net.on('connection', (socket) => {
      this.sockets.add(socket);
      // Asked for now, it is known later: the socket of a handshake that has failed is gone.
      void socket.remoteAddress;
      socket.once('close', () => this.sockets.delete(socket));
    });
    net.on('secureConnection', (socket: TLSSocket) => {
      const raw = this.beneath(socket);
      if (raw !== undefined) this.secured.add(raw);
      this.server.accept(socket, () => this.beneath(socket));
    });
    net.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const raw = this.beneath(socket);
      const timedOut = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
      // Handshakes that we broke off ourselves are no news.
      if (this.server.isServing() && !(raw !== undefined && this.aborted.has(raw)))
        this.failures.ofHandshake(timedOut ? this.timedOut() : handshakeError(error, socket), raw);
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
   * Destroys the sockets that are in their handshake: a connection whose handshake ends only after the server has stopped
   * would be destroyed then.
   */
  dropHandshakes(): void {
    for (const socket of this.sockets) if (!this.secured.has(socket)) socket.destroy();
  }

  /** The socket that carries the TLS of another. */
  private beneath(secure: Socket & { readonly _parent?: Socket | null }): Socket | undefined {
    // Node has no public way from one to the other, and a socket that is gone has no address to be found by.
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
