/**
 * Waits for data on an existing socket: other code has made the connection.
 *
 * It does so twice: with promises, as asyncio's example does, and with Observables. Any Duplex of Node.js works: a `net.Socket`, a
 * TLS socket, the standard streams of a child process, a serial port.
 *
 *     npm run demo -- waitForData
 *
 * It prints:
 *
 *     --- asyncio
 *     Received: abc
 *     --- reactive
 *     Received: abc
 */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { lastValueFrom, type Observable, switchMap, take, tap } from 'rxjs';
import { connect, openConnection, read } from 'rxjs-tcp';
import { noMore } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;

async function asyncioWait(log: Log, socket: Socket): Promise<void> {
  // From here on the socket belongs to the connection, which closes it.
  const { reader, writer } = await openConnection({ socket });

  const data = await reader.read(100);
  log(`Received: ${data}`);

  writer.close();
  await writer.waitClosed();
}

function reactiveWait(log: Log, socket: Socket): Observable<Buffer> {
  return connect({ socket }).pipe(
    switchMap(({ reader }) => reader.pipe(read(100))),
    take(1),
    tap((data) => log(`Received: ${data}`)),
  );
}

export async function main(log: Log = console.log, ...surplus: string[]): Promise<void> {
  noMore(surplus);
  log('--- asyncio');
  await withSocket((socket) => asyncioWait(log, socket));

  log('--- reactive');
  await withSocket((socket) => lastValueFrom(reactiveWait(log, socket)));
}

/** Runs `use` with one end of a pair of connected sockets, while the other end sends `abc` and closes. */
async function withSocket(use: (socket: Socket) => Promise<unknown>): Promise<void> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const socket = createConnection((listener.address() as AddressInfo).port, '127.0.0.1');
  const [[other]] = (await Promise.all([once(listener, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
  listener.close();

  // Simulates data from the network.
  setImmediate(() => other.end('abc'));
  await use(socket);
}

if (require.main === module) run(main);
