import type { Socket } from 'node:net';
import { eventLoop } from '../eventLoop';
import type { HandshakeMessage } from '../observing/ChannelMessages';
import { channels } from '../observing/channels';
import { Trace } from '../observing/Trace';
import { handshakeOutcome } from '../transports/handshakeOutcome';
import { isProbedBy } from './isProbedBy';
import { ProxiedPeer } from './ProxiedPeer';
import type { Server } from './Server';

/** The traces of the handshakes of a server, from the connection of each socket. It keeps nothing if nobody listens. */
export class HandshakeTraces {
  private running: Map<Socket, Trace<HandshakeMessage>> | undefined;

  constructor(private readonly server: Server) {}

  /** A socket has connected. */
  begin(socket: Socket): void {
    const { remoteAddress, remotePort } = ProxiedPeer.of(socket) ?? socket;
    const describe = () => ({ side: 'server' as const, server: this.server, remoteAddress, remotePort });
    channels.handshake.begin(describe, (trace) => {
      if (trace === undefined) return;
      this.running ??= new Map();
      this.running.set(socket, trace);
    });
  }

  /**
   * The handshake is done.
   *
   * @param tell - What happens to the secure socket.
   */
  succeed(socket: Socket | undefined, secure: Socket, tell: () => void): void {
    Trace.settle(this.take(socket), () => handshakeOutcome(secure), tell);
  }

  /** This side has broken the handshake off. */
  drop(socket: Socket | undefined): void {
    Trace.settle(this.take(socket), () => ({ cancelled: true }));
  }

  /** The socket is closed. Its handshake may still fail, in this turn. */
  closed(socket: Socket): void {
    if (this.running?.has(socket)) eventLoop.nextTurn(() => this.drop(socket));
  }

  /** The handshake has failed. */
  fail(socket: Socket | undefined, error: unknown): void {
    Trace.settle(this.take(socket), () => ({ error, ...(isProbedBy(socket, error) && { probe: true }) }));
  }

  private take(socket: Socket | undefined): Trace<HandshakeMessage> | undefined {
    if (socket === undefined || this.running === undefined) return undefined;
    const trace = this.running.get(socket);
    this.running.delete(socket);
    return trace;
  }
}
