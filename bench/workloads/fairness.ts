/**
 * How long the event loop is blocked: the longest time from one of its turns to the next, while a peer sends lines of 16 bytes as
 * fast as it can, for every way to read them. It should be under 25 ms: a turn takes 10 ms, or 20 if bytes come before the tasks
 * that waited, and the machine has other work.
 *
 * The second case: one connection delivers huge chunks of short lines, and each line is some work. Another connection plays
 * ping-pong with the same process. How long does a ping take: with `lines()`, which yields its turn every 10 ms, and with a
 * handler that handles all lines of a chunk at once?
 */
import { firstValueFrom, lastValueFrom, type Observable } from 'rxjs';
import {
  type Connection,
  concatMapPausing,
  decode,
  eachValueFrom,
  fixedSize,
  lines,
  mergeMapPausing,
  readExactly,
  readLine,
  readUntil,
  StreamReader,
  writeTo,
} from 'rxjs-tcp';
import type { PingCommand, Pinged } from '../driver/ping';
import type { SendCommand, Sent } from '../driver/send';
import { Child } from '../support/Child';
import { netServer, ownServer } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Serve, Told, Workload } from '../support/Workload';

const CHUNK = Buffer.from('a line\n'.repeat(200_000)); // 1.4 MB

/** About two microseconds for a line: 400 ms for a chunk. */
let sum = 0;
function work(line: string): void {
  for (let i = 0; i < 300; i++) sum = (Math.imul(sum, 31) + line.charCodeAt(i % line.length)) | 0;
}

/** An echo server that is busy from the first connection on. */
function busy(begin: () => void): Serve {
  return () => {
    let begun = false;
    return ownServer(({ reader, writer }) => {
      if (!begun) begin();
      begun = true;
      reader.subscribe(writer);
    });
  };
}

const FLOOR = 'nothing else';

const pings: Case = {
  id: 'ping',
  title: 'a ping, while there is',
  metrics: [
    { key: 'p50', title: 'p50 ms', unit: 1, less: true },
    { key: 'p99', title: 'p99 ms', unit: 1, less: true },
    { key: 'most', title: 'most ms', unit: 1, ratio: false },
  ],
  floor: FLOOR,
  main: [],
  contenders: {
    [FLOOR]: busy(() => {}),
    'rxjs-tcp lines() of a large chunk': busy(function next() {
      const reader = StreamReader.from([CHUNK], { limit: CHUNK.length });
      reader.pipe(lines()).subscribe({ next: work, complete: () => setImmediate(next) });
    }),
    'split of a large chunk': busy(function next() {
      for (const line of CHUNK.toString().split('\n')) if (line.length > 0) work(line);
      setImmediate(next);
    }),
  },
  rounds: 1,
  async run(running, { warm, timed }, cores) {
    const contender = startContender(running, cores?.contender);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      const spec = { kind: 'lines', size: 64, text: 'ascii' } as const;
      driver.tell({ type: 'ping', port, connections: 1, spec, warm, timed: 6 * timed } as PingCommand);
      const { p50, p99, most } = await driver.next<Pinged>('pinged');
      return { p50, p99, most };
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

interface Gaps extends Told {
  readonly type: 'gaps';
  /** The longest time from one turn of the event loop to the next, in milliseconds. */
  readonly longest: number;
  readonly p99: number;
  /** The longest in processor time, which does not depend on other work of the machine. */
  readonly busiest: number;
}

/** Looks at the clock in every turn, until it is stopped. */
function watchTurns(): () => Gaps {
  const gaps: number[] = [];
  let busiest = 0;
  let last = performance.now();
  let lastBusy = busyTime();
  const look = () => {
    const now = performance.now();
    const busy = busyTime();
    gaps.push(now - last);
    busiest = Math.max(busiest, busy - lastBusy);
    last = now;
    lastBusy = busy;
  };
  let turning = setImmediate(function turn() {
    look();
    turning = setImmediate(turn);
  });
  return () => {
    clearImmediate(turning);
    look();
    gaps.sort((a, b) => a - b);
    return { type: 'gaps', longest: gaps.at(-1)!, p99: gaps[Math.floor((gaps.length - 1) * 0.99)]!, busiest };
  };
}

/** The processor time of this process, in milliseconds. */
function busyTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

type Way = (connection: Connection) => Promise<unknown>;

/** Resolves at the end, also without a value. */
const all = (values: Observable<unknown>) => lastValueFrom(values, { defaultValue: undefined });
const promised = async (line: string) => `${line}\n`;

export const ways: Readonly<Record<string, Way>> = {
  'subscribe, chunks': ({ reader }) => all(reader),
  'lines()': ({ reader }) => all(reader.pipe(lines())),
  'readLine()': ({ reader }) => all(reader.pipe(readLine())),
  'a generator': ({ reader }) =>
    all(
      reader.pipe(
        decode(function* (read) {
          return yield* read.line();
        }),
      ),
    ),
  'concatMapPausing(async …)': ({ reader }) => all(reader.pipe(lines(), concatMapPausing(promised))),
  'mergeMapPausing(async …, 8)': ({ reader }) => all(reader.pipe(lines(), mergeMapPausing(promised, 8))),
  'concatMapPausing(async …), writeTo()': ({ reader, writer }) =>
    all(reader.pipe(lines(), concatMapPausing(promised), writeTo(writer))),
  'writeTo()': ({ reader, writer }) => all(reader.pipe(writeTo(writer))),
  'await readLine()': async ({ reader }) => {
    while ((await reader.readLine()).length > 0);
  },
  'await readLine(), drain()': async ({ reader, writer }) => {
    for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
      writer.write(line);
      await writer.drain();
    }
  },
  'readExactly(16)': ({ reader }) => all(reader.pipe(readExactly(16))),
  'readUntil(…)': ({ reader }) => all(reader.pipe(readUntil('\n'))),
  'decode(fixedSize(16))': ({ reader }) => all(reader.pipe(decode(fixedSize(16)))),
  'await readExactly(16)': async ({ reader }) => {
    while ((await reader.readExactly(16).catch(() => '')).length > 0);
  },
  'await readUntil(…)': async ({ reader }) => {
    while ((await reader.readUntil('\n').catch(() => '')).length > 0);
  },
  'await read(16)': async ({ reader }) => {
    while ((await reader.read(16)).length > 0);
  },
  'await firstValueFrom(line$)': async ({ reader }) => {
    const line$ = reader.pipe(readLine());
    while ((await firstValueFrom(line$, { defaultValue: undefined })) !== undefined);
  },
  'for await eachValueFrom(…)': async ({ reader }) => {
    for await (const _ of eachValueFrom(reader.pipe(lines())));
  },
  'for await of the reader': async ({ reader }) => {
    for await (const _ of reader);
  },
};

function watched(way: Way): Serve {
  return (tell) =>
    ownServer(async (connection) => {
      const stop = watchTurns();
      await way(connection);
      tell(stop());
    });
}

const BY_HAND = 'net by hand, chunks';

const gaps: Case = {
  id: 'gap',
  title: 'from one turn of the event loop to the next, while a peer sends lines of 16 bytes',
  metrics: [
    { key: 'longest', title: 'longest ms', unit: 1, ratio: false, less: true },
    { key: 'p99', title: 'p99 ms', unit: 1, ratio: false, less: true },
    { key: 'busiest', title: 'longest cpu ms', unit: 1, ratio: false, less: true },
  ],
  floor: BY_HAND,
  contenders: {
    [BY_HAND]: (tell) =>
      netServer((socket) => {
        const stop = watchTurns();
        socket.resume();
        socket.on('error', () => {});
        socket.on('end', () => {
          tell(stop());
          socket.end();
        });
      }),
    ...Object.fromEntries(Object.entries(ways).map(([name, way]) => [`rxjs-tcp ${name}`, watched(way)])),
  },
  rounds: 1,
  async run(running, { warm, timed }, cores) {
    const contender = startContender(running, cores?.contender);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      const spec = { kind: 'lines', size: 16, text: 'ascii' } as const;
      const once = async (time: number) => {
        driver.tell({ type: 'send', port, spec, time } as SendCommand);
        const told = await contender.next<Gaps>('gaps');
        await driver.next<Sent>('sent');
        return told;
      };
      await once(warm);
      const { longest, p99, busiest } = await once(timed);
      return { longest, p99, busiest };
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

export const workload: Workload = { name: 'fairness', title: 'Fairness', cases: [gaps, pings] };
