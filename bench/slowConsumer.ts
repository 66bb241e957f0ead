/**
 * 200 MB of lines, from a peer that sends as fast as it can, to a consumer that takes a turn of the event loop for each
 * line: what piles up? The inner ones must not overlap more than they may, and the order must be kept.
 *
 * `readerNobodyReads` is the same question for a reader without any consumer: how much of 1 GiB does it take?
 *
 * It printed here (Node 20, two cores that had other things to do too):
 *
 *     200 MB of lines                      start MiB    warm MiB    peak MiB     lines/s     at once       order
 *       concatMapPausing                          56          65          71      130175           1        kept
 *       mergeMapPausing(8)                        56          65          72      187931           8        kept
 *       eachValueFrom                             56          63          65      153117           1        kept
 *       concatMap, for comparison                 56         316         317        5430           1        kept
 *     a reader nobody reads, 1 GiB         start MiB    peak MiB   in reader   peer sent
 *       after 3 s                                 56          56     191 KiB     3.0 MiB
 */
import { concatMap, map, type Observable, tap } from 'rxjs';
import { concatMapPausing, eachValueFrom, lines, mergeMapPausing, type StreamReader, startServer } from 'rxjs-tcp';
import { inOwnProcess, Memory, MIB, row, startPeer, tellResult } from './support/measure';

const LINE = 1000;
const LINES = 200_000;
const host = '127.0.0.1';

let running = 0;
let most = 0;
let inOrder = true;
let last = -1;
async function slow({ index }: Numbered): Promise<void> {
  most = Math.max(most, ++running);
  if (index !== last + 1) inOrder = false;
  last = index;
  await new Promise((resolve) => setImmediate(resolve));
  running--;
}

const CONSUMERS: Record<string, (reader: StreamReader) => Observable<unknown> | Promise<unknown>> = {
  concatMapPausing: (reader) => numbered(reader).pipe(concatMapPausing(slow)),
  'mergeMapPausing(8)': (reader) => numbered(reader).pipe(mergeMapPausing(slow, 8)),
  eachValueFrom: async (reader) => {
    for await (const line of eachValueFrom(numbered(reader))) await slow(line);
  },
  'concatMap, for comparison': (reader) => numbered(reader).pipe(concatMap(slow)),
};

interface Numbered {
  readonly line: string;
  readonly index: number;
}

function numbered(reader: StreamReader): Observable<Numbered> {
  return reader.pipe(
    lines(),
    tap((line) => {
      if (line.length !== LINE - 1) inOrder = false;
    }),
    map((line, index) => ({ line, index })),
  );
}

interface Result {
  readonly memory: { start: number; warm: number; peak: number };
  readonly seconds: number;
  readonly most: number;
  readonly right: boolean;
}

async function consumer(kind: string): Promise<void> {
  const consume = CONSUMERS[kind];
  let memory!: Memory;
  const server = await startServer(
    ({ reader, closed }) => {
      memory = new Memory();
      const started = performance.now();
      void closed.then(() => {
        const right = inOrder && last === LINES - 1;
        tellResult({
          memory: memory.stop(),
          seconds: (performance.now() - started) / 1000,
          most,
          right,
        } satisfies Result);
      });
      return consume?.(reader);
    },
    { host, port: 0 },
  );
  process.send?.({ port: (server.address() as { port: number }).port });
}

interface Unread {
  readonly memory: { start: number; peak: number };
  readonly buffered: number;
}

async function readerNobodyReads(): Promise<void> {
  const server = await startServer(
    ({ reader }) => {
      const memory = new Memory();
      setTimeout(() => {
        tellResult({
          memory: memory.stop(),
          buffered: reader.bufferedAmount,
        } as Unread);
      }, 3000);
    },
    { host, port: 0 },
  );
  process.send?.({ port: (server.address() as { port: number }).port });
}

async function main(): Promise<void> {
  row('200 MB of lines', 'start MiB', 'warm MiB', 'peak MiB', 'lines/s', 'at once', 'order');
  for (const kind of Object.keys(CONSUMERS)) {
    const { memory, seconds, most, right } = await inOwnProcess<Result>(__filename, `run:${kind}`, (port) => {
      startPeer({ port, send: LINE * LINES, rest: 0, line: LINE });
    });
    row(`  ${kind}`, memory.start, memory.warm, memory.peak, LINES / seconds, `${most}`, right ? 'kept' : 'LOST');
  }

  row('a reader nobody reads, 1 GiB', 'start MiB', 'peak MiB', 'in reader', 'peer sent');
  let peer!: ReturnType<typeof startPeer>;
  let sent = 0;
  const { memory, buffered } = await inOwnProcess<Unread>(__filename, 'run:readerNobodyReads', (port) => {
    peer = startPeer({ port, send: 1024 * MIB, rest: 0 });
    setTimeout(() => (sent = peer.sent()), 2500);
  });
  row('  after 3 s', memory.start, memory.peak, `${Math.round(buffered / 1024)} KiB`, `${(sent / MIB).toFixed(1)} MiB`);
}

const [argument] = process.argv.slice(2);
if (argument === 'run:readerNobodyReads') void readerNobodyReads();
else if (argument?.startsWith('run:')) void consumer(argument.slice(4));
else void main();
