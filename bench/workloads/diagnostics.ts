/**
 * What the diagnostics channels cost: lines, their echo, and connections, without a subscriber and with all channels subscribed.
 * The floor is this library without one. Whether that is as fast as without any channels, only an older build can tell.
 */
import { concatMapPausing, lines, openConnection, startServer } from 'rxjs-tcp';
import { allSubscribed } from '../support/allSubscribed';
import { counting } from '../support/counting';
import { echoes } from '../support/echoes';
import { ownProcessCase } from '../support/ownProcessCase';
import { overConnection } from '../support/serve';
import { median } from '../support/statistics';
import { streamCase } from '../support/streamCase';
import type { Contender, Serve, Stream, Values, Workload } from '../support/Workload';

const FLOOR = 'no subscriber';
const ALL = 'all channels subscribed';
const ROUNDS = 30;
const WARM = 20;
/** How many connections are made in each round, and how many of them at once. */
const CONNECTIONS = 200;
const AT_ONCE = 20;

/** The same server twice: in the second process all channels are subscribed. */
function both(serve: Serve): Record<string, Contender> {
  return {
    [FLOOR]: serve,
    [ALL]: (tell, argument) => {
      allSubscribed();
      return serve(tell, argument);
    },
  };
}

/** Makes connections and closes them at both ends. The rate is for a second of processor time, and both ends are in it. */
async function connected(): Promise<Values> {
  const server = await startServer(({ reader }) => reader, { host: '127.0.0.1', port: 0 });
  const { port } = server;
  const one = async () => {
    for (let i = 0; i < CONNECTIONS / AT_ONCE; i++) {
      const connection = await openConnection({ host: '127.0.0.1', port });
      await connection.close();
    }
  };
  const rates: number[] = [];
  for (let round = -WARM; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) rates.push((CONNECTIONS * 1e6) / (user + system));
  }
  await server.close();
  return { rate: median(rates) };
}

const LINES: Stream = { spec: { kind: 'lines', size: 64, text: 'ascii' }, as: 'text', echo: false };

export const workload: Workload = {
  name: 'diagnostics',
  title: 'Diagnostics channels',
  cases: [
    streamCase({
      id: 'lines',
      title: 'lines of 64 bytes',
      stream: LINES,
      floor: FLOOR,
      contenders: both(overConnection(({ reader }) => counting(reader.pipe(lines())))),
    }),
    streamCase({
      id: 'held',
      title: 'lines of 64 bytes, each holds the reader',
      stream: LINES,
      floor: FLOOR,
      contenders: both(
        overConnection(({ reader }) =>
          counting(
            reader.pipe(
              lines(),
              concatMapPausing((line) => Promise.resolve(line)),
            ),
          ),
        ),
      ),
    }),
    streamCase({
      id: 'echo',
      title: 'echo of lines of 64 bytes, pipelined',
      stream: { ...LINES, as: 'bytes', echo: true },
      floor: FLOOR,
      contenders: both(echoes['rxjs-tcp readLine(), writeTo()'] as Serve),
    }),
    ownProcessCase({
      id: 'connections',
      title: 'connections, made and closed at both ends',
      metrics: [{ key: 'rate', title: 'k/cpu s', unit: 1e3 }],
      floor: FLOOR,
      contenders: {
        [FLOOR]: connected,
        [ALL]: () => {
          allSubscribed();
          return connected();
        },
      },
    }),
  ],
};
