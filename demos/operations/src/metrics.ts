/**
 * Metrics of all connections of this process, for Prometheus.
 *
 * What happens is counted as the channels tell it. What is, is looked up in the open connections when Prometheus asks.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { Connection } from 'rxjs-tcp';
import { listenTo } from './listen.js';

type Side = 'server' | 'client';

const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/**
 * Adds the metrics to a registry, with those of the process and its event loop. Connections that are open already are left out.
 *
 * @param slow - How long a hold or pressure is slow, in milliseconds.
 * @returns A function that stops counting.
 */
export function measureConnections(register: Registry, slow = 1_000): () => void {
  collectDefaultMetrics({ register });

  const open = new Map<Connection, Side>();
  const closedBytes = { server: { read: 0, written: 0 }, client: { read: 0, written: 0 } };
  const timers = new WeakMap<object, () => void>();
  const registers = [register];

  const opened = new Counter({
    name: 'tcp_connections_opened_total',
    help: 'Connections that were made',
    labelNames: ['side'],
    registers,
  });
  const closed = new Counter({
    name: 'tcp_connections_closed_total',
    help: 'Connections that were closed, by what has ended them',
    labelNames: ['side', 'by'],
    registers,
  });
  const refused = new Counter({
    name: 'tcp_refused_total',
    help: 'Connections that a server has closed as soon as they came',
    labelNames: ['reason'],
    registers,
  });
  const failures = new Counter({
    name: 'tcp_failures_total',
    help: 'Connections of a server that have failed',
    labelNames: ['stage', 'probe'],
    registers,
  });
  const connectTime = new Histogram({
    name: 'tcp_connect_seconds',
    help: 'How long a dialing took, with its TLS handshake',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  });
  const handshakeTime = new Histogram({
    name: 'tcp_handshake_seconds',
    help: 'How long a TLS handshake took',
    labelNames: ['side', 'outcome'],
    buckets: SECONDS,
    registers,
  });

  new Gauge({
    name: 'tcp_connections_open',
    help: 'Connections that are open',
    labelNames: ['side'],
    registers,
    collect() {
      const count = { server: 0, client: 0 };
      for (const side of open.values()) count[side]++;
      for (const side of ['server', 'client'] as const) this.set({ side }, count[side]);
    },
  });
  new Counter({
    name: 'tcp_bytes_total',
    help: 'Bytes that have arrived, and bytes that the kernel has taken',
    labelNames: ['side', 'direction'],
    registers,
    collect() {
      const bytes = structuredClone(closedBytes);
      for (const [{ bytesRead, bytesWritten }, side] of open) {
        bytes[side].read += bytesRead;
        bytes[side].written += bytesWritten;
      }
      this.reset();
      for (const side of ['server', 'client'] as const) {
        for (const direction of ['read', 'written'] as const) this.inc({ side, direction }, bytes[side][direction]);
      }
    },
  });
  new Gauge({
    name: 'tcp_waiting_bytes',
    help: 'Bytes that wait: unread ones in readers, queued ones in writers',
    labelNames: ['in'],
    registers,
    collect() {
      let [unread, queued] = [0, 0];
      for (const { reader, writer } of open.keys()) {
        unread += reader.bufferedAmount;
        queued += writer.bufferedAmount;
      }
      this.set({ in: 'reader' }, unread);
      this.set({ in: 'writer' }, queued);
    },
  });
  new Gauge({
    name: 'tcp_slow_connections',
    help: 'Connections whose reader is held, or whose writer is under pressure, for long',
    labelNames: ['by'],
    registers,
    collect() {
      this.reset();
      this.set({ by: 'pressure' }, 0);
      const before = Date.now() - slow;
      for (const connection of open.keys()) {
        const { heldSince = Infinity, heldBy = [], pressureSince = Infinity } = connection.stats();
        if (heldSince <= before) for (const by of new Set(heldBy)) this.inc({ by });
        if (pressureSince <= before) this.inc({ by: 'pressure' });
      }
    },
  });

  return listenTo({
    'rxjs-tcp:connection:open'({ connection, server }) {
      const side = server === undefined ? 'client' : 'server';
      open.set(connection, side);
      opened.inc({ side });
    },
    'rxjs-tcp:connection:close'({ connection, by }) {
      const side = open.get(connection);
      if (side === undefined) return; // opened before we have listened
      open.delete(connection);
      closed.inc({ side, by });
      closedBytes[side].read += connection.bytesRead;
      closedBytes[side].written += connection.bytesWritten;
    },
    'rxjs-tcp:server:refused': ({ reason }) => refused.inc({ reason }),
    'rxjs-tcp:server:failure': ({ stage, probe }) => failures.inc({ stage, probe: `${probe}` }),
    'tracing:rxjs-tcp:connect:start'(message) {
      const done = connectTime.startTimer();
      timers.set(message, () => done({ outcome: outcomeOf(message) }));
    },
    'tracing:rxjs-tcp:connect:asyncStart': (message) => timers.get(message)?.(),
    'tracing:rxjs-tcp:handshake:start'(message) {
      const done = handshakeTime.startTimer({ side: message.side });
      timers.set(message, () => done({ outcome: outcomeOf(message) }));
    },
    'tracing:rxjs-tcp:handshake:asyncStart': (message) => timers.get(message)?.(),
  });
}

function outcomeOf({
  error,
  probe,
  cancelled,
}: {
  error?: unknown;
  probe?: boolean | undefined;
  cancelled?: boolean | undefined;
}) {
  if (cancelled) return 'cancelled';
  if (probe) return 'probe';
  return error === undefined ? 'done' : 'failed';
}
