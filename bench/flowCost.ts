/**
 * What do the flow operators cost where there is no pressure? Bytes from memory to a socket that swallows everything at
 * once: with and without them, in turns, and as many bytes as by hand on bare streams. Megabytes for a second of the
 * processor, and the ratio to the first row: median of the rounds.
 *
 * It printed here (Node 20, two cores that had other things to do too):
 *
 *     chunks of 64 KiB                          MB/s       ratio
 *       subscribe                               1432        1.00
 *       backpressure, subscribe                 1517        0.98
 *       writeTo                                 1406        0.90
 *       'data' and write, by hand               2561        1.86
 *     lines of 40 bytes                         MB/s       ratio
 *       lines, subscribe                          66        1.00
 *       lines, backpressure, subscribe            68        1.03
 *       lines, writeTo                            65        0.95
 */
import { Duplex, Readable } from 'node:stream';
import { map } from 'rxjs';
import { backpressure, type Connection, lines, openConnection, StreamReader, writeTo } from 'rxjs-tcp';
import { median, row } from './support/measure';

const ROUNDS = 9;
const BULK = Array.from({ length: 4096 }, () => Buffer.alloc(64 * 1024, 'x')); // 256 MiB
const LINE = 'a line of forty bytes, its end included\n';
const TEXT = Array.from({ length: 256 }, () => Buffer.from(LINE.repeat(1600))); // 16 MB

const swallow = () =>
  new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), writev: (_chunks, done) => done() });
/** A mark that is never reached: 16 MiB may wait. */
const open = (): Promise<Connection> =>
  openConnection({ socket: swallow(), highWaterMark: 1 << 24, maxQueued: 1 << 30 });
/** In turns of the event loop of their own, as from a socket. */
async function* turns(chunks: Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    await new Promise((resolve) => setImmediate(resolve));
    yield chunk;
  }
}

type Way = (chunks: Buffer[]) => Promise<unknown>;
const finished = ({ writer }: Connection, subscribe: () => { add(teardown: () => void): void }) =>
  new Promise<void>((resolve) => subscribe().add(() => void writer.flush().then(resolve)));

const bulk: Record<string, Way> = {
  subscribe: async (chunks) => {
    const to = await open();
    const reader = StreamReader.from(turns(chunks));
    await finished(to, () => reader.subscribe(to.writer));
  },
  'backpressure, subscribe': async (chunks) => {
    const to = await open();
    const reader = StreamReader.from(turns(chunks));
    await finished(to, () => reader.pipe(backpressure(to.writer)).subscribe(to.writer));
  },
  writeTo: async (chunks) => {
    const to = await open();
    const reader = StreamReader.from(turns(chunks));
    await finished(to, () => reader.pipe(writeTo(to.writer)).subscribe());
  },
  "'data' and write, by hand": (chunks) => {
    const socket = swallow();
    const source = Readable.from(turns(chunks));
    source.on('data', (chunk) => {
      if (socket.write(chunk)) return;
      source.pause();
      socket.once('drain', () => source.resume());
    });
    return new Promise((resolve) => source.on('end', () => socket.end(resolve)));
  },
};

const shout = map((line: string) => `${line}\n`);
const text: Record<string, Way> = {
  'lines, subscribe': async (chunks) => {
    const to = await open();
    const reader = StreamReader.from(turns(chunks));
    await finished(to, () => reader.pipe(lines(), shout).subscribe(to.writer));
  },
  'lines, backpressure, subscribe': async (chunks) => {
    const to = await open();
    const reader = StreamReader.from(turns(chunks));
    await finished(to, () => reader.pipe(lines(), shout, backpressure(to.writer)).subscribe(to.writer));
  },
  'lines, writeTo': async (chunks) => {
    const to = await open();
    const reader = StreamReader.from(turns(chunks));
    await finished(to, () => reader.pipe(lines(), shout, writeTo(to.writer)).subscribe());
  },
};

function used(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function compare(title: string, ways: Record<string, Way>, chunks: Buffer[]): Promise<void> {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const seconds: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = -2; round < ROUNDS; round++) {
    // Each begins a round as often as the others.
    const names = Object.keys(ways);
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + 2) % names.length] as string;
      globalThis.gc?.();
      // The processor's time: the machine may have other things to do.
      const before = process.cpuUsage();
      await ways[name]?.(chunks);
      if (round >= 0) seconds[name]?.push(used(before));
    }
  }
  row(title, 'MB/s', 'ratio');
  const [first] = Object.keys(ways) as [string];
  for (const name of Object.keys(ways)) {
    const own = seconds[name] as number[];
    const ratio = median(own.map((time, round) => (seconds[first]?.[round] as number) / time));
    row(`  ${name}`, bytes / 1e6 / median(own), ratio);
  }
}

async function main(): Promise<void> {
  await compare('chunks of 64 KiB', bulk, BULK);
  await compare('lines of 40 bytes', text, TEXT);
}

void main();
