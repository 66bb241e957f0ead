/**
 * What does an idle connection take? A server with 10,000 of them, in a process of its own: bytes of memory for each, of the
 * heap and in all (resident), with rxjs-tcp and with bare `net`, in turns; the goal is at most 1.5 times of what `net` takes.
 *
 * Node 20, bytes for each connection, heap and resident: net with its listeners 1,052 and 2,929; rxjs-tcp that nobody reads
 * 5,643 and 8,832 (3.0 times), in `await readLine()` 6,836 and 10,119 (3.5), in `lines(), writeTo()` 9,434 and 12,935 (4.4).
 */
import { connect, createServer } from 'node:net';
import { lines, startServer, writeTo } from 'rxjs-tcp';
import { inOwnProcess, median, row, tellResult } from './support/measure';

const CONNECTIONS = 10_000;
const ROUNDS = 3;
const host = '127.0.0.1';

interface Memory {
  readonly heap: number;
  readonly resident: number;
}

function inUse(): Memory {
  for (let i = 0; i < 5; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

let accepted = 0;
let before: Memory;
const came = () => {
  accepted++;
  // The first few make what is made once.
  if (accepted === 100) before = inUse();
  if (accepted === CONNECTIONS + 100) {
    setTimeout(() => {
      const after = inUse();
      tellResult({
        heap: (after.heap - before.heap) / CONNECTIONS,
        resident: (after.resident - before.resident) / CONNECTIONS,
      } satisfies Memory);
    }, 500);
  }
};

const SERVERS: Record<string, () => void> = {
  // What an echo server of lines has at least: somebody who reads, and knows when it is over.
  'net, data and error listeners': () => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      came();
      let rest = '';
      socket.on('data', (chunk) => {
        rest += chunk;
        if (rest.endsWith('\n')) socket.write(rest);
      });
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
    });
    server.listen(0, host, () => process.send?.({ port: (server.address() as { port: number }).port }));
  },
  'net, nobody listens': () => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, () => came());
    server.listen(0, host, () => process.send?.({ port: (server.address() as { port: number }).port }));
  },
  'rxjs-tcp, lines and writeTo': () => {
    void startServer(
      ({ reader, writer }) => {
        came();
        return reader.pipe(lines(), writeTo(writer));
      },
      { host, port: 0 },
    ).then(({ port }) => process.send?.({ port }));
  },
  'rxjs-tcp, await readLine()': () => {
    void startServer(
      async ({ reader, writer }) => {
        came();
        writer.write(await reader.readLine());
      },
      { host, port: 0 },
    ).then(({ port }) => process.send?.({ port }));
  },
  'rxjs-tcp, nobody reads': () => {
    void startServer(() => came(), { host, port: 0 }).then(({ port }) => process.send?.({ port }));
  },
};

/** In the parent: comes, stays and says nothing. */
function fill(port: number): void {
  let open = 0;
  const more = () => {
    if (open++ < CONNECTIONS + 100) connect(port, host, more).on('error', () => {});
  };
  for (let i = 0; i < 20; i++) more();
}

async function main(): Promise<void> {
  const results: Record<string, Memory[]> = Object.fromEntries(Object.keys(SERVERS).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(SERVERS)) results[name]?.push(await inOwnProcess<Memory>(__filename, name, fill));
  }
  row('10,000 idle connections', 'heap bytes', 'to net', 'resident', 'to net');
  const of = (name: string, what: keyof Memory) => median((results[name] as Memory[]).map((memory) => memory[what]));
  const [bare] = Object.keys(SERVERS) as [string];
  for (const name of Object.keys(SERVERS)) {
    const [heap, resident] = [of(name, 'heap'), of(name, 'resident')];
    row(`  ${name}`, heap, heap / of(bare, 'heap'), resident, resident / of(bare, 'resident'));
  }
}

const [argument] = process.argv.slice(2);
if (argument === undefined) void main();
else SERVERS[argument]?.();
