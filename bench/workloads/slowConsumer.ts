/**
 * Lines from a driver that sends as fast as it can, to a consumer that takes a turn of the event loop for each: how much memory
 * is used? The order must be kept, and no more lines may be handled at once than allowed. The second case is a connection that
 * nobody reads.
 */
import type { Socket } from 'node:net';
import { concatMap, lastValueFrom, map, type Observable } from 'rxjs';
import { concatMapPausing, eachValueFrom, lines, mergeMapPausing, type StreamReader } from 'rxjs-tcp';
import type { SendCommand, Sent } from '../driver/send';
import { eachLine } from '../peers/forAwait';
import { blockOf } from '../support/blocks';
import { Child } from '../support/Child';
import { loadPeer } from '../support/loadPeer';
import { Memory, MIB } from '../support/Memory';
import { type Counted, overConnection, overNet, type Served } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Contender, Metric, Serve, Told, Workload } from '../support/Workload';

const LINE = 1000;
const BLOCKS = 48;
/** The lines of the driver: so long that waiting ones are visible in the memory. */
export const numberedLines = { kind: 'lines', size: LINE, text: 'ascii' } as const;
const PEAK: Metric = { key: 'peak', title: 'peak MiB', unit: MIB, less: true };

/** Takes a turn for each line, and throws if a line is out of order or too many run at once. */
class Slow {
  frames = 0;
  length = 0;
  private running = 0;

  constructor(private readonly atOnce: number) {}

  async take(line: { readonly length: number }, index: number): Promise<void> {
    if (index !== this.frames) throw new Error(`Cannot trust a run: line ${this.frames} came as ${index}`);
    if (++this.running > this.atOnce) throw new Error(`Cannot trust a run: ${this.running} lines at once`);
    this.frames++;
    this.length += line.length;
    await new Promise((resolve) => setImmediate(resolve));
    this.running--;
  }
}

interface Numbered {
  readonly line: string;
  readonly index: number;
}

/** Also reports the peak of the memory. */
function remembering(serve: Serve): Serve {
  return (tell, argument) => {
    const memory = new Memory();
    return serve((message) => tell({ ...message, peak: memory.peak } as Told), argument);
  };
}

function ours(atOnce: number, consume: (numbered$: Observable<Numbered>, slow: Slow) => Promise<unknown>): Serve {
  return remembering(
    overConnection(async ({ reader }) => {
      const slow = new Slow(atOnce);
      await consume(numbered(reader), slow);
      return slow;
    }),
  );
}

const numbered = (reader: StreamReader): Observable<Numbered> =>
  reader.pipe(
    lines(),
    map((line, index) => ({ line, index })),
  );
const all = (work$: Observable<unknown>) => lastValueFrom(work$, { defaultValue: undefined });

async function byHand(socket: Socket): Promise<Counted> {
  const slow = new Slow(1);
  let index = 0;
  for await (const line of eachLine(socket)) await slow.take(line, index++);
  return slow;
}

/** The export of a module in `bench/peers`: it passes on each line, and waits until the line is handled. */
type EachLine = (socket: Socket, take: (line: string, index: number) => Promise<void>) => Promise<void>;

function installed(file: string): Serve {
  return remembering(async (tell, argument) => {
    const eachLine = await loadPeer<EachLine>(file, 'eachLine');
    const handle = async (socket: Socket): Promise<Counted> => {
      const slow = new Slow(1);
      await eachLine(socket, (line, index) => slow.take(line, index));
      return slow;
    };
    return overNet(handle)(tell, argument);
  });
}

const FLOOR = 'for await line, a generator by hand';
const contenders: Record<string, Contender> = {
  [FLOOR]: remembering(overNet(byHand)),
  'rxjs-tcp concatMapPausing': ours(1, (numbered$, slow) =>
    all(numbered$.pipe(concatMapPausing(({ line, index }) => slow.take(line, index)))),
  ),
  'rxjs-tcp mergeMapPausing(8)': ours(8, (numbered$, slow) =>
    all(numbered$.pipe(mergeMapPausing(({ line, index }) => slow.take(line, index), 8))),
  ),
  'rxjs-tcp for await eachValueFrom(…)': ours(1, async (numbered$, slow) => {
    for await (const { line, index } of eachValueFrom(numbered$)) await slow.take(line, index);
  }),
  'RxJS concatMap, which does not pause': ours(1, (numbered$, slow) =>
    all(numbered$.pipe(concatMap(({ line, index }) => slow.take(line, index)))),
  ),
  'split2, for await': installed('split2'),
  'Effect runForEach': installed('effect'),
};

const slow: Case = {
  id: 'lines',
  title: `${BLOCKS} MiB of lines, a turn for each`,
  metrics: [PEAK, { key: 'rate', title: 'k lines/s', unit: 1e3 }],
  floor: FLOOR,
  contenders,
  main: ['rxjs-tcp concatMapPausing', 'RxJS concatMap, which does not pause'],
  rounds: 1,
  async run(running, _time, cores) {
    const contender = startContender(running, cores?.contender);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      driver.tell({
        type: 'send',
        port,
        spec: numberedLines,
        time: Number.MAX_SAFE_INTEGER,
        blocks: BLOCKS,
      } as SendCommand);
      const { frames, length, seconds, peak } = await contender.next<Served & { peak: number }>('served');
      await driver.next<Sent>('sent');
      const block = blockOf(numberedLines);
      if (frames !== BLOCKS * block.frames || length !== BLOCKS * block.length)
        throw new Error(`Cannot trust a run: ${frames} of ${BLOCKS * block.frames} lines came`);
      return { peak, rate: frames / seconds };
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

interface Unread extends Told {
  readonly type: 'unread';
  readonly peak: number;
  readonly buffered: number;
}

/** The time without a read, in milliseconds. */
const UNREAD = 1500;

const unreadFloor = 'net, paused';
const unread: Case = {
  id: 'unread',
  title: `nobody reads, for ${UNREAD / 1000} s`,
  metrics: [
    PEAK,
    { key: 'buffered', title: 'buffered KiB', unit: 1024, ratio: false },
    { key: 'sent', title: 'sent MiB', unit: MIB, less: true },
  ],
  floor: unreadFloor,
  main: [],
  contenders: {
    [unreadFloor]: neglecting((tell) =>
      overNet((socket) => {
        socket.pause();
        return tell(() => socket.readableLength);
      }),
    ),
    'rxjs-tcp': neglecting((tell) => overConnection(({ reader }) => tell(() => reader.bufferedAmount))),
  },
  rounds: 1,
  async run(running, _time, cores) {
    const contender = startContender(running, cores?.contender);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      driver.tell({ type: 'send', port, spec: numberedLines, time: UNREAD } as SendCommand);
      const { peak, buffered } = await contender.next<Unread>('unread');
      driver.tell({ type: 'status' });
      const { sent } = await driver.next<Told & { sent: number }>('status');
      return { peak, buffered, sent };
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

/** Keeps a connection and does not read. After some time it reports how many bytes wait. */
function neglecting(make: (wait: (buffered: () => number) => Promise<Counted>) => Serve): Serve {
  return (tell, argument) => {
    const memory = new Memory();
    const wait = (buffered: () => number): Promise<Counted> =>
      new Promise(() => {
        setTimeout(() => tell({ type: 'unread', peak: memory.peak, buffered: buffered() } as Unread), UNREAD);
      });
    return make(wait)(tell, argument);
  };
}

export const workload: Workload = { name: 'slowConsumer', title: 'A slow consumer', cases: [slow, unread] };
