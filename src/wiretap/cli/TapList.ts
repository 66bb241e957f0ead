import { type Observable, Subject } from 'rxjs';
import type { Connection } from '../..';
import { type WireEvent, type WiretapOptions, wiretap } from '..';
import { ConnectionTap } from '../ConnectionTap';
import type { TappedConnection, Taps } from '../Taps';

/** From so many open connections on, each further one keeps less: the memory of all is bounded. */
const MANY = 64;
/** Room for a few whole chunks of a socket. */
const FEW_BYTES = 256 * 1024;

const ALL = Number.POSITIVE_INFINITY;

/** The taps of a command: of all open connections, and of the newest closed ones. */
export class TapList implements Taps {
  readonly connections = new Map<number, TappedConnection>();
  readonly opened$: Observable<TappedConnection>;
  private readonly opened = new Subject<TappedConnection>();
  private readonly closed = new Set<number>();
  /** Gets every event with all its bytes: what a tap keeps of a chunk is bounded. */
  private readonly savers: ((event: WireEvent) => void)[] = [];

  /**
   * @param options - Of each tap.
   * @param most - How many closed connections are kept.
   * @param side - Whose connections are tapped.
   */
  constructor(
    private readonly options: WiretapOptions,
    private readonly most: number,
    private readonly side: 'client' | 'server' = 'client',
  ) {
    this.opened$ = this.opened.asObservable();
  }

  /** Taps a connection, before any of its bytes has passed. */
  add(connection: Connection, client: string, target: string): TappedConnection {
    const { maxBytes = FEW_BYTES } = this.options;
    const isMany = this.connections.size - this.closed.size >= MANY;
    const tap = wiretap(connection, { ...this.options, maxBytes: isMany ? Math.min(maxBytes, FEW_BYTES) : maxBytes });
    const [first] = tap.events();
    const { connection: id = 0, openedAt = 0 } = first ?? {};
    const tapped = { id, client, target, openedAt, side: this.side, tap };
    this.connections.set(id, tapped);
    for (const save of this.savers) new ConnectionTap(connection, id, ALL, this.options.redact, false, undefined, save);
    this.opened.next(tapped);
    // A subscriber of the events would cost something for each of them.
    void connection.closed.then(() => this.hasClosed(id));
    return tapped;
  }

  /** Gives all events of further connections to a function, whole. It must not throw. */
  saveBy(save: (event: WireEvent) => void): void {
    this.savers.push(save);
  }

  /** No further connection comes. */
  complete(): void {
    this.opened.complete();
  }

  private hasClosed(id: number): void {
    this.closed.add(id);
    if (this.closed.size <= this.most) return;
    const [oldest] = this.closed;
    this.closed.delete(oldest as number);
    this.connections.delete(oldest as number);
  }
}
