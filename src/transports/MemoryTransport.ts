/**
 * One of two ends that are joined in memory.
 *
 * Each direction is a queue of chunks on the receiving side, like the receive buffer of a kernel. While fewer than `capacity`
 * bytes wait there, the sender's write is done at once; else it is done when enough is read. Everything is delivered at the end
 * of the turn in which it was sent, never inside the call, so two ends may answer each other for ever. {@link Turns} defines a
 * turn: one of the event loop, or one of a scheduler in virtual time.
 */

import { eventLoop } from '../eventLoop';
import { connectionReset } from './resets';
import type { Transport, TransportEvents } from './Transport';

/** Runs tasks that must not run inside a call. */
export interface Turns {
  /** At the end of this turn. */
  readonly endOfTurn: (task: () => void) => void;
  /** After all others have had their turn. Returns false, and does not run the task, if there are no turns. */
  readonly nextTurn: (task: () => void) => boolean;
}

export class MemoryTransport implements Transport {
  private peer!: MemoryTransport;
  private events: TransportEvents | undefined;
  private inbox: Uint8Array[] = [];
  private waiting = 0;
  private paused = false;
  private scheduled = false;
  private fin = false;
  private finDelivered = false;
  private failure: Error | undefined;
  private state: 'open' | 'closing' | 'closed' = 'open';
  /** Absent, unless a test pretends that there is TLS. */
  declare startTls?: NonNullable<Transport['startTls']>;
  /** Called when there is room again: the sender's write is done. */
  private room: (() => void) | undefined;

  private constructor(
    private readonly capacity: number,
    private readonly turns: Turns,
  ) {}

  /** Makes two ends. Between them, `capacity` bytes may wait in each direction. */
  static pair(capacity: number, turns: Turns = eventLoop): [MemoryTransport, MemoryTransport] {
    const one = new MemoryTransport(capacity, turns);
    const other = new MemoryTransport(capacity, turns);
    one.peer = other;
    other.peer = one;
    return [one, other];
  }

  get live(): boolean {
    return this.turns === eventLoop;
  }

  open(events: TransportEvents): void {
    this.events = events;
    this.schedule();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.schedule();
  }

  write(chunks: readonly Uint8Array[], done: () => void): void {
    const { peer } = this;
    if (peer.state !== 'open') {
      this.break(connectionReset());
      return;
    }
    for (const chunk of chunks) {
      peer.inbox.push(chunk);
      peer.waiting += chunk.length;
    }
    peer.schedule();
    if (peer.waiting < peer.capacity) this.defer(done);
    else peer.room = done;
  }

  end(done: () => void): void {
    this.peer.fin = true;
    this.peer.schedule();
    this.defer(done);
  }

  destroy(): void {
    if (this.state !== 'open') return;
    const unread = this.inbox.length > 0;
    this.close();
    // As TCP does: FIN if everything was read, else a reset.
    if (unread) this.peer.break(connectionReset());
    else this.peer.fin = true;
    this.peer.schedule();
  }

  reset(): void {
    if (this.state !== 'open') return;
    this.close();
    this.peer.break(connectionReset());
  }

  nextTurn(task: () => void): boolean {
    return this.turns.nextTurn(task);
  }

  defer(task: () => void): void {
    this.turns.endOfTurn(task);
  }

  info(): undefined {
    return undefined;
  }

  /** How many bytes have arrived and were not reported. */
  get unread(): number {
    return this.waiting;
  }

  /** Drops the bytes that have arrived and were not reported. */
  dropUnread(): void {
    this.inbox = [];
    this.waiting = 0;
    const { room } = this;
    this.room = undefined;
    if (room !== undefined) this.defer(room);
  }

  private break(error: Error): void {
    if (this.state !== 'open') return;
    this.failure = error;
    this.close();
  }

  private close(): void {
    this.state = 'closing';
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.state === 'closed' || this.events === undefined) return;
    this.scheduled = true;
    const deliver = () => {
      this.scheduled = false;
      this.deliver(this.events as TransportEvents);
    };
    // Two ends that answer each other must not keep timers and sockets away.
    if (!eventLoop.turnIsLong() || !this.nextTurn(deliver)) this.defer(deliver);
  }

  private deliver(events: TransportEvents): void {
    // Bytes that arrived before a reset are delivered, even to a paused end.
    while (this.inbox.length > 0 && (!this.paused || this.state === 'closing')) this.take(events);
    if (this.inbox.length === 0 && this.fin && !this.finDelivered && this.failure === undefined) {
      this.finDelivered = true;
      events.onEnd();
    }
    if (this.state === 'closing') {
      this.state = 'closed';
      this.inbox = [];
      events.onClosed(this.failure);
    }
  }

  private take(events: TransportEvents): void {
    const chunk = this.inbox.shift() as Uint8Array;
    this.waiting -= chunk.length;
    if (this.room !== undefined && this.waiting < this.capacity) {
      const { room } = this;
      this.room = undefined;
      this.peer.defer(room);
    }
    events.onData(chunk);
  }
}
