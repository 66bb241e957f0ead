import type { Socket } from 'node:net';
import type { DuplexTransport } from '../transports/DuplexTransport';
import { hasNoPeer } from '../transports/hasNoPeer';

/**
 * Connections that a server has accepted and nobody has taken, oldest first.
 *
 * What they send stays in their sockets, which are paused when they are full. A place is given back when the peer resets,
 * ends without having sent anything, or is silent for too long. A peer that has sent something and then FIN keeps its place.
 */
export class Backlog {
  private readonly waiting = new Map<Socket, { readonly transport: DuplexTransport; readonly leave: () => void }>();

  /**
   * @param idleTimeout - How long a connection may wait without a byte from its peer, in milliseconds; 0 is for ever.
   */
  constructor(private readonly idleTimeout: number) {}

  /** How many wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** Lets a connection wait. */
  add(socket: Socket, transport: DuplexTransport): void {
    const leave = () => {
      this.remove(socket);
      socket.destroy();
    };
    this.waiting.set(socket, { transport, leave });
    // The end of a stream that still has bytes is not told before they are read.
    socket.on('end', leave).on('close', leave);
    if (this.idleTimeout > 0) socket.setTimeout(this.idleTimeout).on('timeout', leave);
    // Has the socket look for bytes, up to its high-water mark, without taking any: only then it sees FIN and resets.
    socket.read(0);
  }

  /**
   * Whether one more may wait. Where all places are taken, those whose peers have reset give theirs back: a socket that is
   * full reads no more, and so doesn't see the reset.
   *
   * @param places - How many may wait.
   */
  hasPlace(places: number): boolean {
    if (this.waiting.size < places) return true;
    for (const [socket, { leave }] of this.waiting) if (hasNoPeer(socket)) leave();
    return this.waiting.size < places;
  }

  /** Takes the one that has waited longest. */
  take(): DuplexTransport | undefined {
    const [oldest] = this.waiting;
    if (oldest === undefined) return undefined;
    const [socket, { transport }] = oldest;
    this.remove(socket);
    return transport;
  }

  /** Hangs up on all of them. */
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
