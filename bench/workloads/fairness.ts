/**
 * One connection delivers huge buffered chunks of short lines, each of which is some work; another one plays ping-pong with
 * the same process. How long does a ping take? With `lines()`, which yields its turn every 10 ms, and with a handler that
 * cuts and handles all lines of a chunk in one go.
 */
import { lines, StreamReader } from 'rxjs-tcp';
import type { PingCommand, Pinged } from '../driver/ping';
import { Child } from '../support/Child';
import { ownServer } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Serve, Workload } from '../support/Workload';

const CHUNK = Buffer.from('a line\n'.repeat(200_000)); // 1.4 MB

/** Two microseconds or so for a line: 400 ms for a chunk. */
let sum = 0;
function work(line: string): void {
  for (let i = 0; i < 300; i++) sum = (Math.imul(sum, 31) + line.charCodeAt(i % line.length)) | 0;
}

/** An echo server that begins to be busy with the first connection, and stays so. */
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

export const workload: Workload = { name: 'fairness', title: 'Fairness', cases: [pings] };
