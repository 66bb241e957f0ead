/** The cost of single operations, for work on them. The floor is one `Buffer.subarray`. */
import { Duplex } from 'node:stream';
import { concatMap, firstValueFrom, map, Observable, of, Subject } from 'rxjs';
import { ByteBuffer, type Connection, eachValueFrom, lines, openConnection, readLine, StreamReader } from 'rxjs-tcp';
import { blockOf } from '../support/blocks';
import { ownProcessCase } from '../support/ownProcessCase';
import { median } from '../support/statistics';
import type { Values, Workload } from '../support/Workload';

const ROUNDS = 400;
const WARM = 200;
const { bytes, frames } = blockOf({ kind: 'lines', size: 64, text: 'ascii' });
const SIZE = bytes.length / frames;
/** How many lines a chunk has, as from a socket. */
const EACH = 1024;
const CHUNK = bytes.subarray(0, EACH * SIZE);

/** The nanoseconds of each operation. One call does `operations` of them. */
async function each(operations: number, work: () => unknown): Promise<Values> {
  const times: number[] = [];
  for (let round = -WARM; round < ROUNDS; round++) {
    const start = performance.now();
    const working = work();
    if (working instanceof Promise) await working;
    if (round >= 0) times.push(performance.now() - start);
  }
  return { time: (median(times) * 1e6) / operations };
}

/** Takes results, so that the engine can't leave out the code that makes them. */
const sink = { length: 0 };

function filled(): ByteBuffer {
  const buffer = new ByteBuffer();
  buffer.append(CHUNK);
  return buffer;
}

const swallow = () =>
  new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), writev: (_chunks, done) => done() });

async function writes(write: (writer: Connection['writer'], line: Buffer) => void): Promise<Values> {
  const { writer } = await openConnection({ socket: swallow(), maxQueued: 1 << 30 });
  const line = CHUNK.subarray(0, SIZE);
  return each(EACH, async () => {
    for (let i = 0; i < EACH; i++) write(writer, line);
    await writer.flush();
  });
}

function pushed(subscribe: (reader: StreamReader) => unknown): Promise<Values> {
  const chunks = new Subject<Uint8Array>();
  subscribe(StreamReader.from(chunks));
  return each(EACH, () => chunks.next(CHUNK));
}

/** Reads one frame after the other from one chunk. */
function awaited(read: (reader: StreamReader) => () => Promise<unknown>): Promise<Values> {
  const chunks = new Subject<Uint8Array>();
  const next = read(StreamReader.from(chunks));
  return each(EACH, async () => {
    chunks.next(CHUNK);
    for (let i = 0; i < EACH; i++) await next();
  });
}

/** Only the `await` of a value that is ready: the least that an awaited read can take. */
function ready(read: (line: Buffer) => () => Promise<unknown>): Promise<Values> {
  const next = read(CHUNK.subarray(0, SIZE));
  return each(EACH, async () => {
    for (let i = 0; i < EACH; i++) await next();
  });
}

const count = (frame: { readonly length: number }) => {
  sink.length += frame.length;
};
const FLOOR = 'Buffer.subarray';

const parts = ownProcessCase({
  id: 'parts',
  title: 'parts, with lines of 64 bytes',
  metrics: [{ key: 'time', title: 'ns each', unit: 1, less: true }],
  floor: FLOOR,
  main: [],
  rounds: 1,
  contenders: {
    [FLOOR]: () =>
      each(EACH, () => {
        for (let at = 0; at < CHUNK.length; at += SIZE) sink.length += CHUNK.subarray(at, at + SIZE).length;
      }),
    'Buffer.indexOf and subarray': () =>
      each(EACH, () => {
        let start = 0;
        for (let end = CHUNK.indexOf(10); end !== -1; end = CHUNK.indexOf(10, start)) {
          sink.length += CHUNK.subarray(start, end).length;
          start = end + 1;
        }
      }),
    'ByteBuffer take': () =>
      each(EACH, () => {
        const buffer = filled();
        while (buffer.length > 0) sink.length += buffer.take(SIZE).length;
      }),
    'ByteBuffer indexOf and take': () =>
      each(EACH, () => {
        const buffer = filled();
        for (let at = buffer.indexOf('\n'); at !== -1; at = buffer.indexOf('\n'))
          sink.length += buffer.take(at + 1).length;
      }),
    'ByteBuffer append and skip': () => {
      const buffer = new ByteBuffer();
      return each(EACH, () => {
        for (let i = 0; i < EACH; i++) {
          buffer.append(CHUNK);
          buffer.skip(CHUNK.length);
        }
      });
    },
    'ByteBuffer take across two chunks': () => {
      const buffer = new ByteBuffer();
      const line = CHUNK.subarray(0, SIZE);
      return each(EACH, () => {
        buffer.append(line.subarray(0, 32));
        for (let i = 0; i < EACH; i++) {
          buffer.append(line);
          sink.length += buffer.take(SIZE).length;
        }
        buffer.skip(32);
      });
    },
    'readLine()': () => pushed((reader) => reader.pipe(readLine()).subscribe(count)),
    'lines()': () => pushed((reader) => reader.pipe(lines()).subscribe(count)),
    'lines(), map': () =>
      pushed((reader) =>
        reader
          .pipe(
            lines(),
            map((line) => line),
          )
          .subscribe(count),
      ),
    'lines(), concatMap(of)': () =>
      pushed((reader) =>
        reader
          .pipe(
            lines(),
            concatMap((line) => of(line)),
          )
          .subscribe(count),
      ),
    'await readLine()': () => awaited((reader) => () => reader.readLine()),
    'await readExactly()': () => awaited((reader) => () => reader.readExactly(SIZE)),
    'await firstValueFrom(reader.pipe(readLine()))': () =>
      awaited((reader) => () => firstValueFrom(reader.pipe(readLine()))),
    'await firstValueFrom(line$)': () =>
      awaited((reader) => {
        const line$ = reader.pipe(readLine());
        return () => firstValueFrom(line$);
      }),
    'for await eachValueFrom(lines())': () =>
      awaited((reader) => {
        const each = eachValueFrom(reader.pipe(lines()));
        return () => each.next();
      }),
    'await a Buffer that is there': () => ready((line) => () => Promise.resolve(line)),
    'await firstValueFrom(an Observable that has it)': () =>
      ready((line) => {
        const line$ = new Observable<Buffer>((subscriber) => subscriber.next(line));
        return () => firstValueFrom(line$);
      }),
    'for await, an iterator that has it': () => ready((line) => () => Promise.resolve({ done: false, value: line })),
    'write() of a line': () => writes((writer, line) => writer.write(line)),
  },
});

export const workload: Workload = { name: 'micro', title: 'Parts', cases: [parts] };
