/** What an idle connection takes: a server with 10,000 of them, in bytes for each, of the heap and in all (resident). */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { lines, type Server, startServer, writeTo } from 'rxjs-tcp';
import type { FillCommand } from '../driver/fill';
import { Child } from '../support/Child';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Contender, Serve, Told, Workload } from '../support/Workload';

const CONNECTIONS = 10_000;
/** The first few make what is made once. */
const FIRST = 100;
const host = '127.0.0.1';

interface Filled extends Told {
  readonly type: 'filled';
  readonly heap: number;
  readonly resident: number;
}

function inUse(): { heap: number; resident: number } {
  for (let i = 0; i < 5; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

/** A server that tells how it counts who has come. */
function counted(start: (came: () => void) => Promise<number>): Serve {
  return (tell) => {
    let accepted = 0;
    let before = inUse();
    return start(() => {
      accepted++;
      if (accepted === FIRST) before = inUse();
      if (accepted !== FIRST + CONNECTIONS) return;
      // What was begun is finished first.
      setTimeout(() => {
        const after = inUse();
        tell({
          type: 'filled',
          heap: (after.heap - before.heap) / CONNECTIONS,
          resident: (after.resident - before.resident) / CONNECTIONS,
        } as Filled);
      }, 500);
    });
  };
}

function bare(handle: (socket: Socket) => void): Serve {
  return counted(
    (came) =>
      new Promise((resolve) => {
        const server: NetServer = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
          came();
          handle(socket);
        });
        server.listen(0, host, () => resolve((server.address() as { port: number }).port));
      }),
  );
}

function ours(start: (came: () => void) => Promise<Server>): Serve {
  return counted(async (came) => (await start(came)).port as number);
}

const FLOOR = 'net, listeners of data, error and end';

const contenders: Record<string, Contender> = {
  // What an echo server of lines has at least: somebody who reads, and knows when it is over.
  [FLOOR]: bare((socket) => {
    let rest = '';
    socket.on('data', (chunk) => {
      rest += chunk;
      if (rest.endsWith('\n')) socket.write(rest);
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
  }),
  'net, nobody listens': bare(() => {}),
  'rxjs-tcp lines(), writeTo()': ours((came) =>
    startServer(
      ({ reader, writer }) => {
        came();
        return reader.pipe(lines(), writeTo(writer));
      },
      { host, port: 0 },
    ),
  ),
  'rxjs-tcp await readLine()': ours((came) =>
    startServer(
      async ({ reader, writer }) => {
        came();
        writer.write(await reader.readLine());
      },
      { host, port: 0 },
    ),
  ),
  'rxjs-tcp, nobody reads': ours((came) => startServer(() => came(), { host, port: 0 })),
};

const memory: Case = {
  id: 'memory',
  title: '10,000 idle connections, each',
  metrics: [
    { key: 'resident', title: 'bytes', unit: 1, less: true },
    { key: 'heap', title: 'heap bytes', unit: 1, less: true },
  ],
  floor: FLOOR,
  contenders,
  rounds: 2,
  async run(running, _time, cores) {
    const contender = startContender(running, cores?.contender);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      driver.tell({ type: 'fill', port, connections: FIRST + CONNECTIONS } as FillCommand);
      const { heap, resident } = await contender.next<Filled>('filled');
      return { heap, resident };
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

export const workload: Workload = { name: 'idle', title: 'Memory of idle connections', cases: [memory] };
