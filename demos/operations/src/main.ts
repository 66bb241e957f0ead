/**
 * An echo server that is watched: `main.js --help` says how. The load is in a process of its own, so what you see here is the server's.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pino from 'pino';
import type { Server } from 'rxjs-tcp';
import { startEcho } from './echo.js';
import { logConnections } from './logs.js';
import { openView } from './openView.js';
import { serveMetrics } from './serveMetrics.js';
import { Watch } from './Watch.js';

const HELP = `npm start -- [OPTIONS]
  --connections N   how many peers come (300); one of twenty is a bad one
  --limit N         maxConnections of each server (95 % of --connections: some are refused)
  --patience S      seconds until a peer is closed that reads nothing or does not end its line (20)
  --interval S      seconds between two pictures, or two lines (1)
  --seconds S       ends by itself after so long; else Ctrl-C does
  --port N          of the echo (any free port); --tls-port, --metrics-port
  --log FILE        writes structured logs`;

const host = '127.0.0.1';

/** @throws RangeError - Unless it is a number from 0 on. */
function number(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (text === '' || !(value >= 0)) throw new RangeError(`Cannot use '${text}': it must be a number from 0 on`);
  return value;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const names = [
    'connections',
    'limit',
    'patience',
    'interval',
    'seconds',
    'port',
    'tls-port',
    'metrics-port',
    'log',
  ] as const;
  const { values } = parseArgs({
    options: {
      ...(Object.fromEntries(names.map((name) => [name, text])) as Record<(typeof names)[number], typeof text>),
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const connections = number(values.connections, 300);
  const interval = Math.max(0.1, number(values.interval, 1)) * 1000;
  const patience = number(values.patience, 20) * 1000;
  const seconds = number(values.seconds, Infinity);

  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

  const metrics = await serveMetrics(host, number(values['metrics-port'], 0));
  const watch = new Watch(metrics.url);
  const logger = values.log === undefined ? undefined : pino(pino.destination({ dest: values.log, sync: false }));
  const stopLogging = logger && logConnections(logger);
  const [plain, secure] = (await startEcho({
    host,
    port: number(values.port, 0),
    tlsPort: number(values['tls-port'], 0),
    maxConnections: Math.max(1, number(values.limit, Math.ceil(connections * 0.95))),
    patience,
  })) as [Server, Server];
  const load = fork(fileURLToPath(new URL('load.js', import.meta.url)), [
    host,
    `${plain.port}`,
    `${secure.port}`,
    `${connections}`,
  ]);

  const view = openView(process.stdout);
  process.stdout.once('error', () => stop.abort()); // what reads our lines has ended
  const until = Date.now() + seconds * 1000;
  while (!stop.signal.aborted && Date.now() < until) {
    await sleep(Math.min(interval, until - Date.now()), undefined, { signal: stop.signal }).catch(() => {});
    view.show(watch.snapshot([plain, secure]));
  }
  view.close();

  if (load.connected) load.disconnect();
  if (load.exitCode === null) await once(load, 'exit');
  await Promise.all([plain, secure].map((server) => server.close({ timeout: 1000 })));
  const { open, opened } = watch.snapshot([]);
  watch.stop();
  stopLogging?.();
  await metrics.close();
  console.log(`${opened} opened, ${opened - open} closed, ${open} open`);
}

main().catch((error) => {
  console.error(`${error}`);
  process.exitCode = 1;
});
