/**
 * Watches the connections of this process: counts what the channels tell, and makes a snapshot of the open connections when it is asked.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Connection, Server } from 'rxjs-tcp';
import { listenTo } from './listen.js';
import type { Snapshot, WorstConnection } from './Snapshot.js';

/** A hold or pressure of this many milliseconds counts. */
const SLOW = 1000;
const WORST = 10;
/** How many rates are kept. */
const HISTORY = 40;
/** How often the event loop is tried, in milliseconds. */
const RESOLUTION = 10;

export class Watch {
  private readonly connections = new Set<Connection>();
  private readonly closed: Record<string, number> = { local: 0, peer: 0, reset: 0, timeout: 0, error: 0 };
  private readonly failed: Record<string, number> = { accept: 0, handshake: 0, proxy: 0, handler: 0 };
  private opened = 0;
  private refused = 0;
  private probes = 0;
  private closedIn = 0;
  private closedOut = 0;
  private readonly ratesIn: number[] = [];
  private readonly ratesOut: number[] = [];
  private readonly delay: IntervalHistogram;
  private readonly began = Date.now();
  private last = { at: performance.now(), opened: 0, closed: 0, bytesIn: 0, bytesOut: 0, cpu: process.cpuUsage() };
  private readonly stopListening: () => void;

  /** @param metrics - Where the metrics are. */
  constructor(private readonly metrics: string) {
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.delay.enable();
    this.stopListening = listenTo({
      'rxjs-tcp:connection:open': ({ connection }) => {
        this.opened++;
        this.connections.add(connection);
      },
      'rxjs-tcp:connection:close': ({ connection, by }) => {
        if (!this.connections.delete(connection)) return;
        this.closed[by]!++;
        this.closedIn += connection.bytesRead;
        this.closedOut += connection.bytesWritten;
      },
      'rxjs-tcp:server:refused': () => void this.refused++,
      'rxjs-tcp:server:failure': ({ stage, probe }) => {
        if (probe) this.probes++;
        else this.failed[stage]!++;
      },
    });
  }

  stop(): void {
    this.delay.disable();
    this.stopListening();
  }

  /** What is now. Rates are since the last snapshot. */
  snapshot(servers: readonly Server[]): Snapshot {
    const began = performance.now();
    const sums = this.sumUp();
    const { delay, last, connections, opened } = this;
    const closed = Object.values(this.closed).reduce((sum, count) => sum + count, 0);
    const cpu = process.cpuUsage();
    const seconds = Math.max((began - last.at) / 1000, 0.001);
    const spent = (cpu.user + cpu.system - last.cpu.user - last.cpu.system) / 1e6;
    const { bytesIn, bytesOut } = sums;
    keep(this.ratesIn, (bytesIn - last.bytesIn) / seconds);
    keep(this.ratesOut, (bytesOut - last.bytesOut) / seconds);
    this.last = { at: began, opened, closed, bytesIn, bytesOut, cpu };
    // The timer that measures has its own period, which is no delay.
    const milliseconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
    const [loopP99, loopMax] = delay.count > 0 ? [milliseconds(delay.percentile(99)), milliseconds(delay.max)] : [0, 0];
    delay.reset();
    return {
      addresses: servers.map(showAddresses),
      metrics: this.metrics,
      at: Date.now(),
      uptime: Date.now() - this.began,
      open: connections.size,
      opened,
      closed: { ...this.closed },
      openedPerSecond: (opened - last.opened) / seconds,
      closedPerSecond: (closed - last.closed) / seconds,
      refused: this.refused,
      failed: { ...this.failed },
      probes: this.probes,
      ratesIn: [...this.ratesIn],
      ratesOut: [...this.ratesOut],
      ...sums,
      loopP99,
      loopMax,
      cpu: spent / seconds,
      memory: process.memoryUsage.rss(),
      took: performance.now() - began,
    };
  }

  private sumUp() {
    const now = Date.now();
    let [queued, unread, held, pressed] = [0, 0, 0, 0];
    let [bytesIn, bytesOut] = [this.closedIn, this.closedOut];
    const heldBy: Record<string, number> = {};
    const candidates: { connection: Connection; waits: number; bytes: number }[] = [];
    for (const connection of this.connections) {
      const stats = connection.stats();
      bytesIn += stats.bytesRead;
      bytesOut += stats.bytesWritten;
      queued += stats.queued;
      unread += stats.unread;
      const heldFor = now - (stats.heldSince ?? now);
      const pressedFor = now - (stats.pressureSince ?? now);
      if (pressedFor >= SLOW) pressed++;
      if (heldFor >= SLOW) {
        held++;
        for (const name of new Set(stats.heldBy)) heldBy[name] = (heldBy[name] ?? 0) + 1;
      }
      const [waits, bytes] = [Math.max(heldFor, pressedFor), stats.queued + stats.unread];
      if (waits > 0 || bytes > 0) candidates.push({ connection, waits, bytes });
    }
    candidates.sort((one, other) => other.waits - one.waits || other.bytes - one.bytes);
    const worst = candidates.slice(0, WORST).map(({ connection }) => describe(connection, now));
    return { bytesIn, bytesOut, queued, unread, held, heldBy, pressed, worst };
  }
}

function keep(rates: number[], rate: number): void {
  rates.push(rate);
  if (rates.length > HISTORY) rates.shift();
}

function showAddresses(server: Server): string {
  const { addresses, tls } = server.toJSON();
  return `${tls ? 'TLS ' : ''}${addresses.join(' ')}`;
}

function describe(connection: Connection, now: number): WorstConnection {
  const {
    remote = '?',
    bytesRead,
    bytesWritten,
    queued,
    unread,
    openedAt,
    heldSince,
    heldBy,
    pressureSince,
  } = connection.toJSON();
  return {
    peer: remote,
    age: now - openedAt,
    read: bytesRead,
    written: bytesWritten,
    queued,
    unread,
    ...(heldSince !== undefined && { held: now - heldSince, heldBy: heldBy ?? [] }),
    ...(pressureSince !== undefined && { pressed: now - pressureSince }),
  };
}
