import 'reflect-metadata';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClientTCP } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { RxTcpClient } from '../transport/index.js';

// Three hostile clients against Nest's TCP transport and ours, with honest requests beside them: `npm run hostile`.

const KINDS = ['nest', 'length-prefixed', 'ndjson'] as const;
type Kind = (typeof KINDS)[number];
const NAMES: Record<Kind, string> = { nest: "Nest's TCP", 'length-prefixed': 'length-prefixed', ndjson: 'ndjson' };

const MIB = 1024 * 1024;
const host = '127.0.0.1';

interface Report {
  readonly peak: number;
  readonly connections: number;
}

/** The bytes of a packet, as each transport frames it. */
function packed(kind: Kind, packet: unknown): Buffer {
  const json = JSON.stringify(packet);
  if (kind === 'nest') return Buffer.from(`${json.length}#${json}`);
  if (kind === 'ndjson') return Buffer.from(`${json}\n`);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(Buffer.byteLength(json));
  return Buffer.concat([prefix, Buffer.from(json)]);
}

/** The head of a packet that claims 1 GiB. A line of JSON announces nothing: it goes on without an end. */
function announced(kind: Kind): Buffer {
  return kind === 'nest'
    ? Buffer.from(`${1024 * MIB}#"`)
    : kind === 'ndjson'
      ? Buffer.from('"')
      : Buffer.from([0x40, 0, 0, 0, 0x22]);
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Writes until the server hangs up, or takes no more for `patience` milliseconds. Returns how many bytes it took. */
async function pour(socket: Socket, chunk: Buffer, most: number, patience = 1500): Promise<number> {
  while (!socket.destroyed && socket.bytesWritten - socket.writableLength < most) {
    if (socket.write(chunk)) {
      await new Promise(setImmediate);
      continue;
    }
    const over = await stuck(socket, patience);
    if (over) break;
  }
  return socket.bytesWritten - socket.writableLength;
}

/** Resolves with whether the server has hung up, or takes nothing for `patience` milliseconds. */
function stuck(socket: Socket, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (over: boolean) => {
      clearTimeout(timer);
      socket.off('drain', drained).off('close', closed);
      resolve(over);
    };
    const drained = () => done(false);
    const closed = () => done(true);
    const timer = setTimeout(done, patience, true);
    socket.on('drain', drained).on('close', closed);
  });
}

/** An attack; it returns what it has to tell. */
type Attack = (kind: Kind, port: number, sockets: Socket[]) => Promise<string>;

const ATTACKS: Record<string, Attack> = {
  async 'a packet of 1 GiB'(kind, port, sockets) {
    const socket = await dial(port);
    sockets.push(socket);
    socket.resume();
    socket.write(announced(kind));
    const took = await pour(socket, Buffer.alloc(256 * 1024, 'x'), 1024 * MIB);
    return `took ${(took / MIB).toFixed(1)} MiB, ${socket.destroyed || socket.readableEnded ? 'hung up' : 'goes on'}`;
  },
  async 'asks 20,000 times for 64 KiB, never reads'(kind, port, sockets) {
    const socket = await dial(port);
    sockets.push(socket);
    socket.pause();
    const ask = packed(kind, { pattern: 'block', data: 'x'.repeat(1000), id: '1' });
    const took = await pour(socket, ask, ask.length * 20_000);
    return `took ${Math.round(took / ask.length)} requests`;
  },
  async 'asks for a stream of 1 GiB, never reads'(kind, port, sockets) {
    const socket = await dial(port);
    sockets.push(socket);
    socket.pause();
    socket.write(packed(kind, { pattern: 'blocks', data: 16 * 1024, id: '1' }));
    await sleep(6000);
    return '6 s';
  },
  async '500 clients stall in a packet of 900 KB'(kind, port, sockets) {
    const whole = packed(kind, { pattern: 'sum', data: 'x'.repeat(900_000), id: '1' });
    for (let i = 0; i < 500; i++) {
      const socket = await dial(port);
      sockets.push(socket);
      socket.resume();
      socket.write(whole.subarray(0, 100_000));
    }
    await sleep(4000);
    return 'after 4 s';
  },
};

/** One client that asks all the time. Returns how long its answers took, and how many did not come. */
function honest(kind: Kind, port: number): () => Promise<string> {
  const client =
    kind === 'nest' ? new ClientTCP({ host, port }) : new RxTcpClient({ host, port, framing: kind, closeTimeout: 1 });
  const times: number[] = [];
  let failed = 0;
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const began = performance.now();
      await firstValueFrom(client.send('sum', [1, 2]).pipe(timeout(5000))).then(
        () => times.push(performance.now() - began),
        () => failed++,
      );
      await sleep(5);
    }
  })();
  return async () => {
    stopped = true;
    await asking;
    await client.close();
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)] ?? Number.NaN;
    return `${times.length} served, p99 ${p99.toFixed(0)} ms, slowest ${(times.at(-1) ?? 0).toFixed(0)} ms, ${failed} failed`;
  };
}

async function ask(server: ChildProcess): Promise<Report> {
  server.send('report');
  const [report] = (await once(server, 'message')) as [Report];
  return report;
}

async function run(kind: Kind, attack: Attack): Promise<string[]> {
  const server = fork(fileURLToPath(new URL('server.js', import.meta.url)), [kind], { stdio: 'inherit' });
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const stop = honest(kind, port);
  await sleep(300);
  const before = await ask(server);
  const sockets: Socket[] = [];
  const outcome = await attack(kind, port, sockets);
  const others = await stop();
  const after = await ask(server);
  for (const socket of sockets) socket.destroy();
  server.kill();
  return [outcome, `${((after.peak - before.peak) / MIB).toFixed(0)} MiB`, String(after.connections), others];
}

const rows: string[][] = [['the client', 'transport', 'what the server did', 'memory', 'open', 'honest requests']];
for (const [name, attack] of Object.entries(ATTACKS)) {
  for (const kind of KINDS) rows.push([name, NAMES[kind], ...(await run(kind, attack))]);
}
const [head, ...body] = rows as [string[], ...string[][]];
console.log([head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n'));
