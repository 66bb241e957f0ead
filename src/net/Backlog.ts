import type { Socket } from 'node:net';
import type { DuplexTransport } from '../transports/DuplexTransport';
import { hasNoPeer } from '../transports/resets';

/**
 * The connections that a server has accepted and nobody has taken, oldest first.
 *
 * The bytes that they send stay in their sockets, which are paused when they are full. A connection loses its place when its
 * peer resets, ends before it has sent anything, or is silent for too long. A peer that has sent bytes and then FIN keeps its
 * place.
 */
export class Backlog {
  private readonly waiting = new Map<Socket, { readonly transport: DuplexTransport; readonly leave: () => void }>();

  /**
   * @param idleTimeout - How long a connection may wait without a byte from its peer, in milliseconds; 0: for ever.
   */
  constructor(private readonly idleTimeout: number) {}

  /** How many connections wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** Adds a connection. */
  add(socket: Socket, transport: DuplexTransport): void {
    const leave = () => {
      this.remove(socket);
      socket.destroy();
    };
    this.waiting.set(socket, { transport, leave });
    // A stream that still has bytes emits no 'end' before they are read.
    socket.on('end', leave).on('close', leave);
    if (this.idleTimeout > 0) socket.setTimeout(this.idleTimeout).on('timeout', leave);
    // Makes the socket read ahead, up to its high-water mark. Only then it sees FIN and resets.
    socket.read(0);
  }

  /**
   * Whether one more connection may wait. If all places are taken, connections whose peers have reset lose theirs: a full socket
   * reads no more, so it does not see the reset.
   *
   * @param places - How many connections may wait.
   */
  hasPlace(places: number): boolean {
    if (this.waiting.size < places) return true;
    this.dropReset();
    return this.waiting.size < places;
  }

  /** Destroys the connections whose peers have reset. */
  dropReset(): void {
    for (const [socket, { leave }] of this.waiting) if (hasNoPeer(socket)) leave();
  }

  /** Takes the connection that has waited longest. */
  take(): DuplexTransport | undefined {
    const [oldest] = this.waiting;
    if (oldest === undefined) return undefined;
    const [socket, { transport }] = oldest;
    this.remove(socket);
    return transport;
  }

  /** Destroys all connections. */
  drop(): void {
    for (const { leave } of this.waiting.values()) leave();
  }

  private remove(socket: Socket): void {
    const entry = this.waiting.get(socket);
    if (entry === undefined) return;
    this.waiting.delete(socket);
    socket.off('end', entry.leave).off('close', entry.leave);
    if (this.idleTimeout > 0) socket.off('timeout', entry.leave).setTimeout(0);
  }
}
