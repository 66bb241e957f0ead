/**
 * The memory of an idle connection: a server with 10,000 of them, in bytes for each, of the heap and in all (resident).
 *
 * It is measured twice. With the smallest young generation, the result is what a connection keeps. With Node's default, it has the
 * pages too that the young generation grows by with the garbage of accepting, which a server has once.
 */
import type { Socket } from 'node:net';
import { map } from 'rxjs';
import { type ConnectionHandler, lines, writeTo } from 'rxjs-tcp';
import type { FillCommand } from '../driver/fill';
import * as naive from '../peers/naiveRxjs';
import * as readline from '../peers/readline';
import * as web from '../peers/webStreams';
import { asyncio } from '../support/asyncio';
import { Child } from '../support/Child';
import { loadPeer } from '../support/loadPeer';
import { netServer, ownServer } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Contender, Serve, Serving, Told, Values, Workload } from '../support/Workload';

const CONNECTIONS = 10_000;
const SMALL_YOUNG = ['--max-semi-space-size=1'];
/** The first connections, which make what is made only once. */
const FIRST = 100;

interface Filled extends Told {
  readonly type: 'filled';
  /** Absent for a program without such a number. */
  readonly heap?: number;
  readonly resident: number;
}

function inUse(): { heap: number; resident: number } {
  for (let i = 0; i < 5; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

/** A server that counts its connections, and reports their memory once all have come. */
function counted(start: (came: () => void) => Promise<Serving>): Serve {
  return (tell) => {
    let accepted = 0;
    let before = inUse();
    return start(() => {
      accepted++;
      if (accepted === FIRST) before = inUse();
      if (accepted !== FIRST + CONNECTIONS) return;
      // First, everything that has begun is finished.
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
  return counted((came) =>
    netServer((socket) => {
      came();
      handle(socket);
    }),
  );
}

/** The echo server of a module of `bench/peers`. */
function installed(file: string): Serve {
  return counted(async (came) => {
    const echo = await loadPeer<(socket: Socket) => void>(file, 'echo');
    return netServer((socket) => {
      came();
      echo(socket);
    });
  });
}

function ours(handle: ConnectionHandler): Serve {
  return counted((came) =>
    ownServer((connection) => {
      came();
      return handle(connection);
    }),
  );
}

async function echoEach(socket: Socket, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) socket.write(line);
}

const FLOOR = 'net, listeners of data, error and end';

const contenders: Record<string, Contender> = {
  // The least that an echo server of lines has: a listener for bytes, one for errors and one for the end.
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
  'naive RxJS lines': bare((socket) => void naive.stringLines(socket).subscribe((line) => socket.write(line))),
  'readline iterator': bare((socket) => void echoEach(socket, readline.interfaceOf(socket))),
  'Web streams lines': bare((socket) => void echoEach(socket, web.stringLines(socket))),
  split2: installed('split2'),
  Effect: installed('effect'),
  // Its heap is not measured: tracing its allocations takes memory itself.
  'asyncio readline()': asyncio('idle', FIRST, CONNECTIONS),
  'rxjs-tcp lines(), map(), writeTo()': ours(({ reader, writer }) =>
    reader.pipe(
      lines(),
      map((line) => `${line}\n`),
      writeTo(writer),
    ),
  ),
  'rxjs-tcp lines(), writeTo()': ours(({ reader, writer }) => reader.pipe(lines(), writeTo(writer))),
  'rxjs-tcp await readLine()': ours(async ({ reader, writer }) => writer.write(await reader.readLine())),
  // The same work as the floor.
  'rxjs-tcp, reader.subscribe()': ours(({ reader, writer }) => {
    let rest = '';
    reader.subscribe((chunk) => {
      rest += chunk;
      if (rest.endsWith('\n')) writer.write(rest);
    });
  }),
  'rxjs-tcp, nobody reads': ours(() => {}),
};

const caseOf = (id: string, title: string, flags: readonly string[]): Case => ({
  id,
  title,
  metrics: [
    { key: 'resident', title: 'bytes', unit: 1, less: true },
    { key: 'heap', title: 'heap bytes', unit: 1, less: true },
  ],
  floor: FLOOR,
  contenders,
  main: Object.keys(contenders).filter((name) => name.startsWith('rxjs-tcp')),
  async run(running, _time, cores) {
    const contender = startContender(running, cores?.contender, '', flags);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      driver.tell({ type: 'fill', port, connections: FIRST + CONNECTIONS } as FillCommand);
      const { heap, resident } = await contender.next<Filled>('filled');
      const values: Values = heap === undefined ? { resident } : { resident, heap };
      return values;
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
});

export const workload: Workload = {
  name: 'idle',
  title: 'Memory of idle connections',
  cases: [
    caseOf('memory', '10,000 idle connections, each', SMALL_YOUNG),
    caseOf('default', '10,000 idle connections, each, with the default young generation', []),
  ],
};
