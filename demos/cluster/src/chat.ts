import { integer, readArgs, run } from './args';
import type { History } from './service/History';
import { MemoryHistory } from './service/MemoryHistory';
import { startChat } from './service/startChat';

const HELP = `npm start -- [--port 7000] [--broker nats://127.0.0.1:4222] [--worker NAME] [--behind-proxy]

One process of the chat. Without a broker its history is in memory. With --behind-proxy it takes connections from a proxy on this
machine alone, with a PROXY header. SIGTERM and Ctrl+C: it ends every connection between two lines, and exits.`;

/** How long members have to take what waits for them, in milliseconds. */
const DRAIN = 5_000;

/** What a worker tells the process that has started it. */
export type WorkerNews =
  | { readonly port: number }
  | { readonly member: string; readonly address: string }
  | { readonly failure: string; readonly probe: boolean };

async function openHistory(broker: string | undefined, worker: string): Promise<History> {
  if (broker === undefined) return new MemoryHistory();
  // The client of the broker is loaded only where there is one.
  const { BrokerHistory } = await import('./service/BrokerHistory.js');
  return BrokerHistory.connect(broker, worker);
}

async function main(): Promise<void> {
  const values = readArgs({
    port: { type: 'string' },
    broker: { type: 'string' },
    worker: { type: 'string' },
    'behind-proxy': { type: 'boolean' },
  });
  const worker = String(values.worker ?? 'w1');
  const started = process.send !== undefined;
  const tell = (news: WorkerNews) => {
    if (process.connected) process.send?.(news);
  };
  const history = await openHistory(values.broker as string | undefined, worker);
  const server = await startChat(
    { worker, history, joined: (member, address) => tell({ member, address }) },
    {
      host: '127.0.0.1',
      port: integer(values, 'port', 7000, 0, 65_535),
      backlog: 4096,
      // A member that takes nothing for so long is gone. Until then its lines wait in the history, not here.
      writeIdleTimeout: 60_000,
      keepAlive: true,
      ...(values['behind-proxy'] === true && { proxyProtocol: { from: ['127.0.0.1'] } }),
    },
  );
  server.errors.subscribe(({ error, probe, stage }) => {
    tell({ failure: `${stage}: ${error}`, probe });
    if (!started) console.error(`A connection failed (${stage}): ${error}`);
  });
  // The supervisor has gone without a word.
  process.once('disconnect', () => process.exit());
  if (!started) console.log(`Serving on 127.0.0.1:${server.port}: nc 127.0.0.1 ${server.port}`);
  tell({ port: server.port! });
  await server.serveForever({ timeout: DRAIN });
  await history.close();
  if (process.connected) process.disconnect();
}

void run(main, HELP);
