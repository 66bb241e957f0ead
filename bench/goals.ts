/** The goals of the library, next to the floor of the same case. `npm run bench -- --check` compares. */
import type { Goal } from './support/checkGoals';
import { ways } from './workloads/fairness';
import { protectedFrom } from './workloads/protection';

const lines = (id: string, contender: string) => ({ workload: 'lines', case: id, contender, metric: 'rate' });
const frames = (id: string, contender: string) => ({ workload: 'frames', case: id, contender, metric: 'rate' });
const pingPong = (id: string, metric: string) => ({
  workload: 'pingPong',
  case: id,
  contender: 'rxjs-tcp readLine(), writeTo()',
  metric,
});
const idle = (contender: string, atMost: number): Goal[] =>
  ['memory', 'default'].map((id) => ({ workload: 'idle', case: id, contender, metric: 'resident', atMost }));
const longLine = (id: string, metric: string) => ({
  workload: 'longLine',
  case: id,
  contender: 'rxjs-tcp readLine()',
  metric,
});

const READ = 'rxjs-tcp await readLine()';
const TWICE = 'rxjs-tcp await readExactly(), twice';

export const goals: readonly Goal[] = [
  { ...lines('64/Buffers', 'rxjs-tcp readLine()'), atLeast: 1.6 },
  { ...lines('64/strings', 'rxjs-tcp lines()'), atLeast: 2.3 },
  { ...lines('64/strings', 'rxjs-tcp lines()'), to: 'split2', atLeast: 1.4 },
  // At most 1.15 times the cost of the bare pipe.
  { ...lines('64/strings', 'rxjs-tcp lines(), sharePausing()'), to: 'rxjs-tcp lines()', atLeast: 0.87 },
  { ...lines('64/non-ASCII', 'rxjs-tcp lines()'), atLeast: 3 },
  { ...lines('64/Buffers', READ), atLeast: 0.55 },
  { ...lines('64/Buffers', READ), to: 'asyncio readline()', atLeast: 4 },
  { ...lines('64/Buffers', 'rxjs-tcp await firstValueFrom(reader.pipe(…))'), atLeast: 0.25 },
  { ...lines('64/Buffers', 'rxjs-tcp for await eachValueFrom(…)'), atLeast: 0.65 },
  { ...lines('64/strings', 'rxjs-tcp for await eachValueFrom(…)'), atLeast: 0.85 },
  { ...frames('32', 'rxjs-tcp lengthPrefixed'), atLeast: 1.8 },
  { ...frames('1024', 'rxjs-tcp lengthPrefixed'), atLeast: 1.1 },
  { ...frames('65536', 'rxjs-tcp lengthPrefixed'), atLeast: 1.1 },
  { ...frames('32', 'rxjs-tcp generator'), atLeast: 0.9 },
  { ...frames('32', TWICE), atLeast: 0.25 },
  { ...frames('1024', TWICE), atLeast: 0.5 },
  { ...frames('32', TWICE), to: 'asyncio readexactly(), twice', atLeast: 2.7 },
  { ...frames('1024', TWICE), to: 'asyncio readexactly(), twice', atLeast: 2.7 },
  {
    workload: 'decoders',
    case: '32',
    contender: 'generator',
    to: 'by hand over ByteBuffer',
    metric: 'time',
    atMost: 1.6,
  },
  {
    workload: 'echo',
    case: 'pipelined',
    contender: 'rxjs-tcp readLine(), writeTo()',
    metric: 'rate',
    atLeast: 4,
  },
  { ...pingPong('1', 'rate'), atLeast: 1 },
  { ...pingPong('50', 'rate'), atLeast: 1 },
  { ...pingPong('500', 'rate'), atLeast: 0.95 },
  ...['1', '50', '500'].map((connections): Goal => ({ ...pingPong(connections, 'p99'), atMost: 1.1 })),
  { workload: 'echo', case: 'bulk', contender: 'rxjs-tcp writeTo()', metric: 'rate', atLeast: 1.25 },
  { workload: 'proxy', case: 'fast', contender: 'rxjs-tcp writeTo()', metric: 'rate', atLeast: 1.1 },
  ...['inOrder', 'byKey', 'oneAtATime'].map(
    (id): Goal => ({ workload: 'requests', case: id, contender: 'rxjs-tcp requests()', metric: 'time', atMost: 1.5 }),
  ),
  ...idle('rxjs-tcp lines(), map(), writeTo()', 2),
  ...idle('rxjs-tcp, reader.subscribe()', 1.5),
  ...idle('rxjs-tcp, nobody reads', 1.5),
  // The time of the processor: a machine that does other work too makes longer pauses of its own.
  ...Object.keys(ways).map(
    (way): Goal => ({
      workload: 'fairness',
      case: 'gap',
      contender: `rxjs-tcp ${way}`,
      metric: 'busiest',
      absolute: true,
      atMost: 25,
    }),
  ),
  // All channels subscribed cost a tenth at most.
  ...['lines', 'held', 'echo', 'connections'].map(
    (id): Goal => ({
      workload: 'diagnostics',
      case: id,
      contender: 'all channels subscribed',
      metric: 'rate',
      atLeast: 0.9,
    }),
  ),
  // Limits that are not reached cost 3 % at most.
  ...['accept', 'echo'].map(
    (id): Goal => ({
      workload: 'protection',
      case: id,
      contender: 'rxjs-tcp with all limits',
      metric: 'rate',
      atLeast: 0.97,
    }),
  ),
  // While another address attacks, a client waits at most twice as long.
  ...protectedFrom.flatMap((contender) =>
    ['pingTimes', 'dialTimes'].map(
      (metric): Goal => ({ workload: 'protection', case: 'attacks', contender, metric, absolute: true, atMost: 2 }),
    ),
  ),
  { ...longLine('100', 'time'), atMost: 1.5 },
  // Linear: a line that is four times as long takes four times as long.
  { ...longLine('100', 'growth'), absolute: true, atMost: 1.3 },
];
