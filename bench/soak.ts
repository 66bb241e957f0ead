/**
 * Does anything leak? In 60 seconds, it opens, uses and ends 5,000 connections over TCP, TLS, Unix sockets and memory in every
 * way. Afterwards there must be as many handles, listeners and timers as before, and the heap must not have grown. Then ten
 * thousand clients connect at once: all must be answered, and nothing may be left of them. The 5,000 are opened twice: the second
 * time every diagnostics channel has a subscriber, and what the channels tell must add up.
 *
 * The heap is judged by its growth per connection, in the median of five rounds. A leak shows in every round; memory that is
 * kept once shows in one. The engine must not compile meanwhile: compiled code grows by 50 to 300 bytes per connection, and
 * differently in each run.
 *
 * Node 20, 2 cores: 1,000 connections grow by 153, 5, 0, -4 and 6 bytes each in the five rounds, in 9.7 MiB.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { lines, startServer, writeTo } from 'rxjs-tcp';
import { askLong } from './support/askLong';
import { Child } from './support/Child';
import { columns } from './support/columns';
import { MIB } from './support/Memory';
import { Progress } from './support/Progress';
import { pairs } from './support/pairs';
import { growthBetween, type Rest, type SoakResult, soak } from './support/soak';
import { devices, stalled } from './support/stalled';
import { talks } from './support/talks';
import type { Told } from './support/Workload';

const USAGE = `npm run soak -- [--quick] | pairs [trials] [first seed] | talks [conversations] [first seed]
                 | requests [conversations] [first seed] | stalled [devices] [seconds]

  Opens 5,000 connections, ends them in every way, and fails if anything is left of them; the same with every diagnostics channel
  subscribed; then ten thousand at once.

  --quick  1,000 connections in 12 seconds, and a thousand at once

  pairs    random pairs of events on a connection: nothing may be lost, doubled or left (5,000 trials)
  talks    random conversations, live and in virtual time (3,000 of each)
  requests random requests, with late and lost replies, in virtual time (100,000 conversations)
  stalled  an archive and a dashboard of many devices (2,000), and the dashboard stalls (10 seconds)`;

const programs: readonly string[] = ['pairs', 'talks', 'requests', 'stalled'];
const ROUNDS = 5;
/** How many bytes the heap may grow per connection: one of the 20 ways that keeps 1 KiB is more than this. */
const GROWTH = 50;
/** Flags that make the engine compile everything at once and keep its bytecode. */
const STEADY = ['--no-opt', '--no-sparkplug', '--no-lazy-feedback-allocation', '--no-flush-bytecode'];
const host = '127.0.0.1';

interface Result<T> extends Told {
  readonly type: 'result';
  readonly result: T;
}

/** Sends a message to the process that started this one. */
function tell(message: (Told & { port: number }) | Result<unknown>): void {
  process.send?.(message);
}

const row = (first: string, ...others: (string | number)[]) => {
  const cell = (value: string | number) => (typeof value === 'number' ? value.toFixed(2) : value);
  console.log(columns([[first, ...others.map(cell)]], 34));
};

const of = (name: string) => readFileSync(`spec/support/localhost.${name}.pem`);

/** How much the soak does. */
function amounts(quick: boolean): { connections: number; time: number; crowd: number } {
  return quick ? { connections: 1000, time: 12_000, crowd: 1000 } : { connections: 5000, time: 60_000, crowd: 10_000 };
}

async function soaked(quick: boolean, diagnosed: boolean): Promise<void> {
  const { connections, time } = amounts(quick);
  const progress = new Progress(Math.ceil(connections * 1.2));
  let earlier: Rest | undefined;
  const onRest = (rest: Rest) => {
    progress.clear();
    const growth = earlier === undefined ? '' : `${growthBetween(earlier, rest).toFixed(0)} bytes per connection`;
    console.error(columns([['at rest', `${rest.connections}`, `${(rest.heap / MIB).toFixed(2)} MiB `, growth]], 34));
    earlier = rest;
  };
  const result = await soak({
    tls: { cert: of('cert'), key: of('key') },
    connections,
    time,
    atOnce: 50,
    rounds: ROUNDS,
    diagnosed,
    onConnection: () => progress.step('connections'),
    onRest,
  });
  tell({ type: 'result', result });
}

/** The server that all clients connect to. */
async function crowded(): Promise<void> {
  const server = await startServer(({ reader, writer }) => reader.pipe(lines(), writeTo(writer)), { host, port: 0 });
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const heap = () => {
    for (let i = 0; i < 5; i++) globalThis.gc?.();
    return process.memoryUsage().heapUsed / MIB;
  };
  const heapBefore = heap();
  let most = 0;
  tell({ type: 'listening', port: server.port as number });
  const looking = setInterval(() => {
    most = Math.max(most, sockets());
  }, 50);
  process.on('message', () => {
    clearInterval(looking);
    setTimeout(() => {
      tell({ type: 'result', result: { most, left: sockets(), heapBefore, heapAfter: heap() } });
    }, 500);
  });
}

interface Crowded {
  readonly most: number;
  readonly left: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
}

/** Connects this many clients at once. Resolves with how many were answered, once all have left. */
function crowd(port: number, size: number): Promise<number> {
  let answered = 0;
  let gone = 0;
  return new Promise((resolve) => {
    const leave: (() => void)[] = [];
    for (let i = 0; i < size; i++) {
      const socket = connect(port, host);
      socket.on('error', () => {});
      socket.once('data', () => {
        leave.push(() => socket.end());
        // No client leaves before all have come.
        if (++answered === size) for (const go of leave) go();
      });
      socket.once('close', () => {
        if (++gone === size) resolve(answered);
      });
      socket.write('hello\n');
    }
  });
}

/** Soaks in a process of its own, prints the result, and returns what is wrong. */
async function judged(what: 'soak' | 'diagnosed', quick: boolean): Promise<string[]> {
  const flags = quick ? ['--quick'] : [];
  const soaking = Child.node('soak', [what, ...flags], undefined, STEADY);
  const { result } = await soaking.next<Result<SoakResult>>('result', 10 * amounts(quick).time);
  await soaking.end();
  const { connections, seconds, ways, before, after, growth, surprises, told } = result;
  row('ended in every way', 'connections', 'seconds', 'ways', 'bytes each');
  row('', `${connections}`, seconds, `${Object.keys(ways).length}`, growth.toFixed(0));
  row('at rest', 'handles', 'listeners', 'heap MiB');
  const count = (handles: Record<string, number>) => Object.values(handles).reduce((sum, some) => sum + some, 0);
  for (const [name, { handles, listeners, heap }] of Object.entries({ before, after })) {
    row(`  ${name}`, `${count(handles)}`, `${listeners}`, (heap / MIB).toFixed(2));
  }
  if (told !== undefined) {
    const { counts, connects, handshakes, compared } = told;
    row('with all channels', 'opened', 'closed', 'dialings', 'handshakes', 'compared');
    row('', ...[counts.opened, counts.closed, connects.ended, handshakes.ended, compared].map(String));
  }
  return [
    ...surprises,
    ...(JSON.stringify(after.handles) === JSON.stringify(before.handles)
      ? []
      : [`handles: ${JSON.stringify(before.handles)} became ${JSON.stringify(after.handles)}`]),
    ...(after.listeners === before.listeners ? [] : [`listeners: ${before.listeners} became ${after.listeners}`]),
    ...(growth <= GROWTH ? [] : [`heap: it grew by ${growth.toFixed(0)} bytes per connection, ${GROWTH} are allowed`]),
  ];
}

async function main(quick: boolean): Promise<void> {
  const { crowd: size } = amounts(quick);
  const left: string[] = [...(await judged('soak', quick)), ...(await judged('diagnosed', quick))];
  const crowding = Child.node('soak', ['crowd']);
  const { port } = await crowding.next<Told & { port: number }>('listening');
  const started = performance.now();
  const answered = await crowd(port, size);
  const took = (performance.now() - started) / 1000;
  crowding.tell({ type: 'all have left' });
  const { result: crowdResult } = await crowding.next<Result<Crowded>>('result');
  await crowding.end();
  row(`${size} at once`, 'answered', 'at once', 'seconds', 'left', 'heap MiB', 'afterwards');
  const { most, left: sockets, heapBefore, heapAfter } = crowdResult;
  row('', `${answered}`, `${most}`, took, `${sockets}`, heapBefore, heapAfter);

  const faults = [
    ...left,
    ...(answered === size ? [] : [`of ${size} at once ${answered} were answered`]),
    ...(sockets <= 0 ? [] : [`${sockets} sockets are left of ${size}`]),
  ];
  for (const fault of faults) console.error(`LEFT: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    const [what = '', ...numbers] = positionals;
    if (!['', 'soak', 'diagnosed', 'crowd', 'devices', ...programs].includes(what)) {
      throw new Error(`Cannot run ${what}: it must be ${programs.join(', ')}, or nothing`);
    }
    const most = what === 'devices' || programs.includes(what) ? 2 : 0;
    const wrong = numbers.find((text, i) => i >= most || !/^\d+$/.test(text));
    if (wrong !== undefined) throw new Error(`Cannot use '${wrong}': ${what} takes at most ${most} numbers`);
    return { ...values, what, numbers: numbers.map(Number) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const { what, numbers, quick, help } = options();
if (help) console.log(USAGE);
// The processes that `main` starts.
else if (what === 'soak' || what === 'diagnosed') void soaked(quick, what === 'diagnosed');
else if (what === 'crowd') void crowded();
else if (what === 'pairs') void pairs(...numbers);
else if (what === 'talks') void talks(...numbers);
else if (what === 'requests') void askLong(...numbers);
else if (what === 'stalled') void stalled(...numbers);
// The process that `stalled` starts.
else if (what === 'devices') void devices(...(numbers as [number, number]));
else void main(quick);
