import { EMPTY, Subject } from 'rxjs';
import type { TappedConnection, Taps } from '../../src/wiretap/Taps';
import type { WireEvent } from '../../src/wiretap/WireEvent';

/** Connections whose events a spec adds by hand, each in a ring of `keep` events. */
export class HandTaps {
  readonly connections = new Map<number, HandConnection>();
  readonly opened$ = new Subject<TappedConnection>();

  constructor(private readonly keep = 10_000) {}

  get taps(): Taps {
    return this;
  }

  open(id: number, openedAt = Date.now()): HandConnection {
    const connection = new HandConnection(id, openedAt, this.keep);
    this.connections.set(id, connection);
    connection.add('open', 0);
    this.opened$.next(connection);
    return connection;
  }
}

/** One of them: `tap.events(from)` counts how often it is asked. */
export class HandConnection implements TappedConnection {
  readonly client: string;
  readonly target = '127.0.0.1:6379';
  side: 'client' | 'server' = 'client';
  asked = 0;
  /** What `toTest` was asked for. */
  tests: unknown[] = [];
  readonly tap: TappedConnection['tap'];
  private readonly ring: WireEvent[] = [];
  private seq = 0;

  constructor(
    readonly id: number,
    readonly openedAt: number,
    private readonly keep: number,
  ) {
    this.client = `127.0.0.1:${50_000 + id}`;
    this.tap = {
      events: (from = 0) => {
        this.asked += 1;
        const first = this.ring[0]?.seq ?? 0;
        return from > first ? this.ring.slice(from - first) : [...this.ring];
      },
      events$: EMPTY,
      toString: () => '',
      toHex: () => '',
      toJsonLines: () => '',
      toPcapng: () => new Uint8Array(),
      toTest: (as, range) => {
        this.tests.push([as, range]);
        return `a test as ${as}\n`;
      },
      onError: () => {},
      stop: () => {},
    };
  }

  /** Adds an event; text is its bytes. */
  add(kind: WireEvent['kind'], time: number, text?: string): void {
    const data = text === undefined ? undefined : Buffer.from(text);
    this.ring.push({
      seq: this.seq++,
      time,
      connection: this.id,
      kind,
      ...(data && { bytes: data.length, data }),
    });
    if (this.ring.length > this.keep) this.ring.shift();
  }
}
