/**
 * A proxy between two peers that send 512 MiB each way at once, as fast as they can, each peer and the proxy in a process
 * of its own: what does it keep in memory while both peers read slowly (they rest after each MiB), and how fast is it, next
 * to Node's `a.pipe(b)`, while they read as fast as they can? Every byte is compared.
 *
 * It printed here (Node 20, two cores that had other things to do too):
 *
 *     512 MiB each way, both read slowly   start MiB    warm MiB    peak MiB       MiB/s     to pipe       cpu s       bytes
 *       a.pipe(b)                                 55          88          90         218        1.00        1.73       right
 *       writeTo                                   55          85          92         193        0.89        2.11       right
 *       map, writeTo                              56          86          92         177        0.81        2.17       right
 *       scan, writeTo                             56          78          93         206        0.95        2.13       right
 *       concatMap(of), writeTo                    56          89          93         250        1.15        2.52       right
 *     512 MiB each way, both read fast     start MiB    warm MiB    peak MiB       MiB/s     to pipe       cpu s       bytes
 *       a.pipe(b)                                 57          88          92         253        1.00        1.62       right
 *       writeTo                                   56          84          92         238        0.75        2.14       right
 *       map, writeTo                              56          90          92         369        0.72        1.98       right
 *       scan, writeTo                             56          82          92         338        1.15        1.98       right
 *       concatMap(of), writeTo                    56          85          93         290        0.74        2.25       right
 *
 * Memory is that of `pipe`: what is added after the start is the engine's own. The ratios to `pipe` differ by a third
 * from run to run on this machine; the processor time does not: a quarter more than `pipe` takes.
 */
import { createServer, connect as dial } from 'node:net';
import { concatMap, map, merge, mergeMap, type Observable, of, scan, tap } from 'rxjs';
import { connect, type StreamReader, startServer, writeTo } from 'rxjs-tcp';
import { inOwnProcess, Memory, MIB, median, row, startPeer, tellResult } from './support/measure';

const BYTES = 512 * MIB;
const host = '127.0.0.1';

const PIPES: Record<string, (reader: StreamReader) => Observable<Uint8Array>> = {
  writeTo: (reader) => reader,
  'map, writeTo': map((chunk: Uint8Array) => chunk),
  'scan, writeTo': scan((_, chunk: Uint8Array) => chunk),
  'concatMap(of), writeTo': concatMap((chunk: Uint8Array) => of(chunk)),
};

interface Result {
  readonly memory: { start: number; warm: number; peak: number };
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly cpu: number;
}

/** The proxy's process. */
async function proxy({ kind, port }: { kind: string; port: number }): Promise<void> {
  const through = PIPES[kind];
  let memory!: Memory;
  let started = 0;
  let cpu!: NodeJS.CpuUsage;
  const begin = () => {
    memory = new Memory();
    cpu = process.cpuUsage();
    started = performance.now();
  };
  const end = () => {
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - started) / 1000;
    tellResult({ memory: memory.stop(), seconds, cpu: (user + system) / 1e6 } satisfies Result);
  };

  if (through === undefined) {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      begin();
      const target = dial({ host, port, allowHalfOpen: true });
      client.pipe(target);
      target.pipe(client);
      let open = 2;
      for (const socket of [client, target]) socket.on('close', () => --open === 0 && end());
    });
    server.listen(0, host, () => process.send?.({ port: (server.address() as { port: number }).port }));
    return;
  }
  const server = await startServer(
    (client) => {
      begin();
      return connect({ host, port, halfOpen: true }).pipe(
        tap((target) => void Promise.all([client.closed, target.closed]).then(end)),
        mergeMap((target) =>
          merge(
            through(client.reader).pipe(writeTo(target.writer, { end: true })),
            through(target.reader).pipe(writeTo(client.writer, { end: true })),
          ),
        ),
      );
    },
    { host, port: 0 },
  );
  process.send?.({ port: (server.address() as { port: number }).port });
}

async function measure(kind: string, rest: number): Promise<Result & { right: boolean }> {
  const target = startPeer({ send: BYTES, rest });
  let client!: ReturnType<typeof startPeer>;
  const port = await target.port;
  const result = await inOwnProcess<Result>(__filename, JSON.stringify({ kind, port }), (proxyPort) => {
    client = startPeer({ port: proxyPort, send: BYTES, rest });
  });
  const ends = await Promise.all([client.done, target.done]);
  return { ...result, right: ends.every(({ right, received }) => right && received === BYTES) };
}

async function main(): Promise<void> {
  const kinds = ['a.pipe(b)', ...Object.keys(PIPES)];
  for (const [title, rest, rounds] of [
    ['both read slowly', 4, 1],
    ['both read fast', 0, 3],
  ] as const) {
    row(`512 MiB each way, ${title}`, 'start MiB', 'warm MiB', 'peak MiB', 'MiB/s', 'to pipe', 'cpu s', 'bytes');
    const results = new Map(kinds.map((kind) => [kind, [] as Awaited<ReturnType<typeof measure>>[]]));
    // In turns, since the machine may have other things to do.
    for (let round = 0; round < rounds; round++) {
      for (const [kind, own] of results) own.push(await measure(kind, rest));
    }
    const piped = results.get('a.pipe(b)') as { seconds: number }[];
    for (const [kind, own] of results) {
      const memory = (of: 'start' | 'warm' | 'peak') => Math.max(...own.map((result) => result.memory[of]));
      const speed = (2 * BYTES) / MIB / median(own.map(({ seconds }) => seconds));
      const toPipe = median(own.map(({ seconds }, round) => (piped[round]?.seconds ?? 0) / seconds));
      const cpu = median(own.map((result) => result.cpu));
      const right = own.every((result) => result.right) ? 'right' : 'WRONG';
      row(`  ${kind}`, memory('start'), memory('warm'), memory('peak'), speed, toPipe, cpu, right);
    }
  }
}

const [argument] = process.argv.slice(2);
if (argument?.startsWith('{')) void proxy(JSON.parse(argument) as { kind: string; port: number });
else void main();
