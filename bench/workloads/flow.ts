/**
 * The cost of the flow operators without pressure: bytes from memory to a socket that takes everything at once, with and without
 * the operators. The floor writes as many bytes by hand on bare streams.
 *
 * The second case: the cost of each of many pipes into one writer. It must be the same among 16,000 as among 2,000.
 */
import { Duplex, Readable } from 'node:stream';
import { count, lastValueFrom, map, type Observable, Subject, share } from 'rxjs';
import { backpressure, type Connection, lines, openConnection, StreamReader, sharePausing, writeTo } from 'rxjs-tcp';
import { cpuSeconds } from '../support/cpuSeconds';
import { ownProcessCase } from '../support/ownProcessCase';
import type { Case, Workload } from '../support/Workload';

const BULK = () => Array.from({ length: 4096 }, () => Buffer.alloc(64 * 1024, 'x')); // 256 MiB
const LINE = 'a line of forty bytes, its end included\n';
const LINES = 256 * 1600;
const TEXT = () => Array.from({ length: 256 }, () => Buffer.from(LINE.repeat(1600))); // 16 MB

const swallow = () =>
  new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), writev: (_chunks, done) => done() });
/** A connection whose mark is never reached: 16 MiB may wait. */
const open = (): Promise<Connection> =>
  openConnection({ socket: swallow(), highWaterMark: 1 << 24, maxQueued: 1 << 30 });
/** Each chunk in its own turn of the event loop, as from a socket. */
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

/** Lines to one consumer, and to two: all see every line. */
const consumers: Record<string, Way> = {
  'lines, subscribe': async (chunks) => countAll(StreamReader.from(turns(chunks)).pipe(lines()), 1),
  'lines, share, subscribe': async (chunks) => countAll(StreamReader.from(turns(chunks)).pipe(lines(), share()), 1),
  'lines, sharePausing, subscribe': async (chunks) =>
    countAll(StreamReader.from(turns(chunks)).pipe(lines(), sharePausing()), 1),
  'lines, share, subscribe twice': async (chunks) =>
    countAll(StreamReader.from(turns(chunks)).pipe(lines(), share()), 2),
  'lines, sharePausing, subscribe twice': async (chunks) =>
    countAll(StreamReader.from(turns(chunks)).pipe(lines(), sharePausing()), 2),
};

async function countAll(source: Observable<string>, times: number): Promise<void> {
  const counts = await Promise.all(Array.from({ length: times }, () => lastValueFrom(source.pipe(count()))));
  if (counts.some((seen) => seen !== LINES)) throw new Error(`Cannot trust a run: ${counts} lines were seen`);
}

function caseOf(id: string, title: string, ways: Record<string, Way>, chunks: () => Buffer[]): Case {
  const [floor] = Object.keys(ways) as [string];
  const measure = async (way: Way) => {
    const all = chunks();
    const bytes = all.reduce((sum, chunk) => sum + chunk.length, 0);
    await way(all);
    globalThis.gc?.();
    return { rate: bytes / (await cpuSeconds(() => way(all))) };
  };
  return ownProcessCase({
    id,
    title,
    metrics: [{ key: 'rate', title: 'MB/cpu s', unit: 1e6 }],
    floor,
    main: [],
    rounds: 2,
    contenders: Object.fromEntries(Object.entries(ways).map(([name, way]) => [name, () => measure(way)])),
  });
}

/** How many pipes share a writer. */
const FEW = 2000;
const MANY = 16_000;

/** Subscribes all, lets each write, unsubscribes all. Returns the processor time in milliseconds. */
async function shared(count: number): Promise<number> {
  const { writer } = await open();
  const sources = Array.from({ length: count }, () => new Subject<string>());
  let progress = 0;
  const seconds = await cpuSeconds(async () => {
    const subscriptions = sources.map((source) => source.pipe(writeTo(writer)).subscribe(() => progress++));
    for (let round = 0; round < 10; round++) {
      for (const source of sources) source.next(LINE);
      await writer.flush();
    }
    for (const subscription of subscriptions) subscription.unsubscribe();
  });
  if (progress < count) throw new Error(`Cannot trust a run: only ${progress} of ${count} pipes reported progress`);
  return seconds * 1000;
}

const sharing: Case = ownProcessCase({
  id: 'sharing',
  title: `${MANY} pipes into one writer`,
  metrics: [
    { key: 'time', title: 'µs a pipe', unit: 1, ratio: false, less: true },
    // 1 where it is linear.
    { key: 'growth', title: `growth from ${FEW}`, unit: 1, ratio: false, less: true },
  ],
  floor: 'writeTo',
  main: [],
  rounds: 2,
  contenders: {
    writeTo: async () => {
      await shared(FEW);
      const few = (await shared(FEW)) / FEW;
      const many = (await shared(MANY)) / MANY;
      return { time: many * 1000, growth: many / few };
    },
  },
});

export const workload: Workload = {
  name: 'flow',
  title: 'Flow operators',
  cases: [
    caseOf('bulk', 'chunks of 64 KiB to a socket that swallows all', bulk, BULK),
    caseOf('lines', 'lines of 40 bytes to the same', text, TEXT),
    caseOf('share', 'lines of 40 bytes to one consumer, or two', consumers, TEXT),
    sharing,
  ],
};
