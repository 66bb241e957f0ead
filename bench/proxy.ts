/**
 * A proxy between two peers that send 512 MiB each way at once, as fast as they can, each peer and the proxy in a process
 * of its own: what does it keep in memory while both peers read slowly (they rest after each MiB), and how fast is it, next
 * to Node's `a.pipe(b)`, while they read as fast as they can? Every byte is compared.
 *
 * FIGURES
 */
import { createServer, connect as dial } from 'node:net';
import { concatMap, map, merge, mergeMap, type Observable, of, scan } from 'rxjs';
import { connect, type StreamReader, startServer, writeTo } from 'rxjs-tcp';
import { inOwnProcess, Memory, MIB, row, startPeer, tellResult } from './support/measure';

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
}

/** The proxy's process. */
async function proxy({ kind, port }: { kind: string; port: number }): Promise<void> {
  const through = PIPES[kind];
  let memory!: Memory;
  let started = 0;
  const begin = () => {
    memory = new Memory();
    started = performance.now();
  };
  const end = () =>
    tellResult({ memory: memory.stop(), seconds: (performance.now() - started) / 1000 } satisfies Result);

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
      void client.closed.then(end);
      return connect({ host, port, halfOpen: true }).pipe(
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
  for (const [title, rest] of [
    ['both read slowly', 4],
    ['both read fast', 0],
  ] as const) {
    row(`512 MiB each way, ${title}`, 'start MiB', 'warm MiB', 'peak MiB', 'MiB/s', 'to pipe', 'bytes');
    let byPipe = 0;
    for (const kind of ['a.pipe(b)', ...Object.keys(PIPES)]) {
      const { memory, seconds, right } = await measure(kind, rest);
      if (byPipe === 0) byPipe = seconds;
      const { start, warm, peak } = memory;
      row(`  ${kind}`, start, warm, peak, (2 * BYTES) / MIB / seconds, byPipe / seconds, right ? 'right' : 'WRONG');
    }
  }
}

const [argument] = process.argv.slice(2);
if (argument?.startsWith('{')) void proxy(JSON.parse(argument) as { kind: string; port: number });
else void main();
