import 'reflect-metadata';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ClientTCP } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { RxTcpClient } from '../transport/index.js';

// Requests each second through Nest's TCP transport and ours, the server in a process of its own: `npm run bench`.
// Each number is the median of the rounds, in which the transports take turns. The time of the CPU, of client and server together,
// is hardly changed by what else the machine does.

const KINDS = ['nest', 'ndjson', 'length-prefixed'] as const;
type Kind = (typeof KINDS)[number];
const host = '127.0.0.1';
const ROUNDS = 5;

/** `underWay`: how many requests are under way at once, over all connections. */
const CASES = [
  { bytes: 100, connections: 1, underWay: 100, requests: 10_000 },
  { bytes: 100, connections: 100, underWay: 100, requests: 10_000 },
  { bytes: 100 * 1024, connections: 1, underWay: 10, requests: 1000 },
  { bytes: 100 * 1024, connections: 1, underWay: 100, requests: 1000 },
  { bytes: 100 * 1024, connections: 100, underWay: 100, requests: 1000 },
];

type Client = ClientTCP | RxTcpClient;

function clientOf(kind: Kind, port: number): Client {
  return kind === 'nest' ? new ClientTCP({ host, port }) : new RxTcpClient({ host, port, framing: kind });
}

/** The time of the CPU that a server and this process have taken, in microseconds. */
async function cpuOf(server: ChildProcess): Promise<number> {
  server.send('cpu');
  const [theirs] = (await once(server, 'message')) as [NodeJS.CpuUsage];
  const ours = process.cpuUsage();
  return theirs.user + theirs.system + ours.user + ours.system;
}

/** Milliseconds for all requests. */
async function round(clients: readonly Client[], data: string, underWay: number, requests: number): Promise<number> {
  const began = performance.now();
  let left = requests;
  const lane = async (client: Client) => {
    while (left-- > 0) await firstValueFrom(client.send('echo', data));
  };
  // All lanes end before this does, also those that fail.
  const lanes = await Promise.allSettled(
    Array.from({ length: underWay }, (_, i) => lane(clients[i % clients.length] as Client)),
  );
  const failed = lanes.find((lane) => lane.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return performance.now() - began;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;

const servers = await Promise.all(
  KINDS.map(async (kind) => {
    const server = fork(fileURLToPath(new URL('server.js', import.meta.url)), [kind], { stdio: 'inherit' });
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    return { kind, server, port };
  }),
);

console.log(`Node.js ${process.version}, ${cpus().length} CPUs of ${cpus()[0]?.model}\n`);
console.log(
  `| request and answer | connections | under way | ${KINDS.map((kind) => (kind === 'nest' ? "Nest's TCP" : kind)).join(' | ')} |`,
);
console.log(`| --- | --- | --- | ${KINDS.map(() => '---').join(' | ')} |`);
for (const { bytes, connections, underWay, requests } of CASES) {
  const data = 'x'.repeat(bytes);
  const runs = servers.map(({ kind, port, server }) => ({
    server,
    cpu: [] as number[],
    clients: Array.from({ length: connections }, () => clientOf(kind, port)),
    times: [] as number[],
    failure: undefined as string | undefined,
  }));
  for (const { clients } of runs) await Promise.all(clients.map((client) => client.connect()));
  for (let i = -1; i < ROUNDS; i++) {
    for (const run of runs) {
      if (run.failure !== undefined) continue;
      const began = performance.now();
      try {
        const before = await cpuOf(run.server);
        const time = await round(run.clients, data, underWay, requests);
        const cpu = (await cpuOf(run.server)) - before;
        // The first one warms up.
        if (i < 0) continue;
        run.times.push(time);
        run.cpu.push(cpu / requests);
      } catch (error) {
        run.failure = `${(error as Error).message} after ${((performance.now() - began) / 1000).toFixed(0)} s`;
      }
    }
  }
  const rates = runs.map(({ times, cpu, failure }) => {
    if (failure !== undefined) return failure;
    const rate = Math.round((requests / median(times)) * 1000).toLocaleString('en');
    return `${rate} /s, ${Math.round(median(cpu))} µs`;
  });
  console.log(
    `| ${bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`} | ${connections} | ${underWay} | ${rates.join(' | ')} |`,
  );
  for (const { clients } of runs) await Promise.all(clients.map((client) => client.close()));
}
for (const { server } of servers) server.kill();
