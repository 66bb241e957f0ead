/**
 * Which connections may come into a server, and when. It decides as soon as a socket is known: before its handshake, before
 * anything of it is read.
 *
 *     comes ──► above maxConnectionsPerAddress ───────────────────────► refused
 *       │
 *       ├─────► there is room: passes ──► handshake, handler
 *       │                        ▲
 *       └─────► there is none ───┤ a place, a token or memory is free: the oldest of the address that got least
 *                 ├ 'wait' ──► waits, unread, as long as `backlog` has places ──► else refused
 *                 └ 'refuse' ─────────────────────────────────────────► refused
 *
 * Without an option that needs it, a server has none, and only the limit that Node has: `maxConnections`.
 */
import type { Server as NetServer, Socket } from 'node:net';
import { asyncScheduler, type Subscription } from 'rxjs';
import { defaults } from '../defaults';
import { eventLoop } from '../eventLoop';
import { hasNoPeer } from '../transports/resets';
import { AcceptRate } from './AcceptRate';
import { addressKey } from './addressKey';
import type { ListenOptions } from './ListenOptions';
import type { RefusedConnection } from './RefusedConnection';

/** What an admission needs from its server. */
export interface AdmittingServer {
  isServing(): boolean;
  /** Whether there is room for one more connection, by `maxConnections`. */
  hasPlace(): boolean;
  /** Whether there is memory for one more. */
  hasMemory(): boolean;
  /** How many TLS handshakes are running. */
  handshakes(): number;
  /** The address of the client, behind a proxy too; `undefined` if none is counted. */
  clientAddress(socket: Socket): string | undefined;
  /** Closes a socket, and tells why. */
  refuse(socket: Socket, reason: RefusedConnection['reason']): void;
  /** Runs a task after so many milliseconds. */
  schedule(task: () => void, delay: number): Subscription;
}

/** A socket that waits. */
interface Waiting {
  readonly socket: Socket;
  readonly key: string | undefined;
  readonly pass: () => void;
}

export class Admission {
  /** How many sockets each address has here, waiting or passed. */
  private readonly counts = new Map<string, number>();
  private readonly rate: AcceptRate | undefined;
  /** The sockets that wait, oldest first. */
  private readonly waiting = new Set<Waiting>();
  private timer: Subscription | undefined;

  /** Made only for options that need it: the others are a matter of Node. */
  static of(server: AdmittingServer, options: ListenOptions): Admission | undefined {
    const { maxConnectionsPerAddress, acceptRate, maxHandshakes, memoryLimit, overload } = options;
    const limits = [maxConnectionsPerAddress, acceptRate, maxHandshakes, memoryLimit];
    if (overload !== 'wait' && limits.every(isOff)) return undefined;
    return new Admission(server, options);
  }

  private constructor(
    private readonly server: AdmittingServer,
    private readonly options: ListenOptions,
  ) {
    if (!isOff(options.acceptRate)) this.rate = new AcceptRate(options.acceptRate, () => asyncScheduler.now());
  }

  /** How many sockets wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** Decides about each socket of a server of Node before the other listeners get it: those that make TLS or connections of it. */
  guard(net: NetServer): void {
    const inside = net.listeners('connection');
    net.removeAllListeners('connection');
    net.on('connection', (socket) => {
      this.take(socket, () => {
        for (const listener of inside) listener.call(net, socket);
      });
    });
  }

  /**
   * Decides about a socket that has come.
   *
   * @param pass - Lets it in.
   */
  take(socket: Socket, pass: () => void): void {
    const { server, options } = this;
    const { maxConnectionsPerAddress = Number.POSITIVE_INFINITY, overload, backlog = defaults.backlog } = options;
    if (!server.isServing()) {
      socket.destroy();
      return;
    }
    const address = this.countsAddresses ? server.clientAddress(socket) : undefined;
    const key = address === undefined ? undefined : addressKey(address);
    if (key !== undefined && this.countOf(key) >= maxConnectionsPerAddress) {
      server.refuse(socket, 'maxConnectionsPerAddress');
      return;
    }
    const obstacle = this.obstacle();
    // A socket that waits comes first.
    if (obstacle === undefined && this.waiting.size > 0) this.advance();
    const reason = obstacle ?? this.obstacle();
    if (reason === undefined) {
      this.enter(socket, key);
      this.let(key, pass);
    } else if (overload !== 'wait') server.refuse(socket, reason);
    else if (!this.hasRoom(backlog)) server.refuse(socket, 'backlog');
    else {
      this.enter(socket, key, { socket, key, pass });
      this.lookLater(reason);
    }
  }

  /** Lets those in that wait, as far as there is room. */
  readonly advance = (): void => {
    this.timer?.unsubscribe();
    this.timer = undefined;
    while (this.waiting.size > 0) {
      const reason = this.obstacle();
      if (reason !== undefined) {
        this.lookLater(reason);
        return;
      }
      const next = this.nextOne();
      this.waiting.delete(next);
      // Its stream has read nothing, so it has seen no reset.
      if (hasNoPeer(next.socket)) next.socket.destroy();
      else this.let(next.key, next.pass);
    }
  };

  /** Destroys all that wait. */
  drop(): void {
    for (const { socket } of this.waiting) socket.destroy();
    this.waiting.clear();
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  /** Why nobody can come in now. */
  private obstacle(): RefusedConnection['reason'] | undefined {
    const { server, options, rate } = this;
    if (!server.hasPlace()) return 'maxConnections';
    if (rate !== undefined && rate.delay > 0) return 'acceptRate';
    if (server.handshakes() >= (options.maxHandshakes ?? Number.POSITIVE_INFINITY)) return 'maxHandshakes';
    return server.hasMemory() ? undefined : 'memoryLimit';
  }

  private let(key: string | undefined, pass: () => void): void {
    this.rate?.take(key);
    pass();
  }

  /** The socket that comes next: the oldest of those whose address got least in this second. */
  private nextOne(): Waiting {
    const { rate } = this;
    let best: Waiting | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const one of this.waiting) {
      const recent = rate?.recentOf(one.key) ?? 0;
      if (recent >= least) continue;
      best = one;
      least = recent;
      if (recent === 0) break;
    }
    return best as Waiting;
  }

  /** A token comes with time, memory may be freed at any time; a place or a handshake is told. */
  private lookLater(reason: RefusedConnection['reason']): void {
    const delay = reason === 'acceptRate' ? this.rate?.delay : reason === 'memoryLimit' ? MEMORY_LOOK : undefined;
    if (delay !== undefined) this.timer ??= this.server.schedule(this.advance, delay);
  }

  /** Whether one more may wait. Sockets whose peers have reset lose their places. */
  private hasRoom(places: number): boolean {
    if (this.waiting.size < places) return true;
    for (const one of this.waiting) {
      if (!hasNoPeer(one.socket)) continue;
      this.waiting.delete(one);
      one.socket.destroy();
    }
    return this.waiting.size < places;
  }

  /** Counts a socket until it is closed. */
  private enter(socket: Socket, key: string | undefined, waiting?: Waiting): void {
    if (key !== undefined) this.counts.set(key, this.countOf(key) + 1);
    if (waiting !== undefined) {
      this.waiting.add(waiting);
      socket.on('error', ignore);
    }
    socket.on('close', () => {
      if (key !== undefined) this.leave(key);
      if (waiting !== undefined) this.waiting.delete(waiting);
      // First, the other listeners forget it.
      if (this.waiting.size > 0) eventLoop.endOfTurn(this.advance);
    });
  }

  private leave(key: string): void {
    const count = this.countOf(key) - 1;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
  }

  private countOf(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  private get countsAddresses(): boolean {
    return this.rate !== undefined || !isOff(this.options.maxConnectionsPerAddress);
  }
}

function isOff(limit: number | undefined): limit is undefined {
  return limit === undefined || limit === Number.POSITIVE_INFINITY;
}

/** How long memory is left alone before it is looked at again, in milliseconds. */
const MEMORY_LOOK = 100;

function ignore(): void {}
