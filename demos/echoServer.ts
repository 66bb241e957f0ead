/**
 * An echo server: sends every line back to its client, for any number of clients.
 *
 * It is written twice: with promises, as asyncio's example is, and with Observables. Both stop reading from a client that
 * sends without reading: so the server's memory stays small.
 *
 *     npm run demo -- echoServer                    runs both, each with a client of its own
 *     npm run demo -- echoServer 8888               serves on a port until Ctrl+C, with promises
 *     npm run demo -- echoServer 8888 reactive      the same with Observables
 *
 * It prints:
 *
 *     --- asyncio
 *     Serving on 127.0.0.1:…
 *     Received 'Hello' from 127.0.0.1:…
 *     Received 'World!' from 127.0.0.1:…
 *     Close the connection
 *     The client got 'Hello', 'World!'
 *     --- reactive
 *     Serving on 127.0.0.1:…
 *     Received 'Hello' from 127.0.0.1:…
 *     Received 'World!' from 127.0.0.1:…
 *     Close the connection
 *     The client got 'Hello', 'World!'
 */
import type { AddressInfo } from 'node:net';
import {
  catchError,
  EMPTY,
  finalize,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  map,
  mergeMap,
  type Observable,
  startWith,
  switchMap,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { type Connection, lines, listen, openConnection, type Server, startServer, writeTo } from 'rxjs-tcp';
import { noMore, oneOf, portOf } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;
type Address = { host: string; port: number };

async function asyncioServer(log: Log, address: Address): Promise<Server> {
  async function handleEcho({ reader, writer, remoteAddress, remotePort }: Connection): Promise<void> {
    for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
      log(`Received '${`${line}`.trimEnd()}' from ${remoteAddress}:${remotePort}`);
      writer.write(line);
      await writer.drain();
    }
    // When a handler returns, its connection is flushed and closed.
    log('Close the connection');
  }

  const server = await startServer(handleEcho, address);
  // A client that breaks its connection ends only that connection.
  server.errors.subscribe(({ error }) => log(`A client was lost: ${error}`));
  log(`Serving on ${addressOf(server)}`);
  return server;
}

/** Emits the server once it is bound, and serves until you unsubscribe. */
function reactiveServer(log: Log, address: Address): Observable<Server> {
  const echo = ({ reader, writer, remoteAddress, remotePort }: Connection) =>
    reader.pipe(
      lines(),
      tap((line) => log(`Received '${line}' from ${remoteAddress}:${remotePort}`)),
      map((line) => `${line}\n`),
      writeTo(writer, { end: true }),
      finalize(() => log('Close the connection')),
      catchError((error) => {
        log(`A client was lost: ${error}`);
        return EMPTY;
      }),
    );

  return listen(address).pipe(
    tap((server) => log(`Serving on ${addressOf(server)}`)),
    switchMap((server) => server.connections.pipe(mergeMap(echo), ignoreElements(), startWith(server))),
  );
}

async function client(log: Log, server: Server): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const { reader, writer } = await openConnection({ host: '127.0.0.1', port });
  writer.write('Hello\nWorld!\n');
  const answers = [await reader.readLine(), await reader.readLine()];
  writer.close();
  await writer.waitClosed();
  log(`The client got ${answers.map((line) => `'${`${line}`.trimEnd()}'`).join(', ')}`);
}

export async function main(
  log: Log = console.log,
  port?: string,
  shape = 'asyncio',
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  const address = { host: '127.0.0.1', port: portOf(port ?? '0', 0) };
  const reactive = oneOf(shape, 'shape', ['asyncio', 'reactive']) === 'reactive';

  if (port !== undefined && reactive) {
    // Unsubscribing stops the server.
    await lastValueFrom(reactiveServer(log, address).pipe(takeUntil(fromEvent(process, 'SIGINT'))));
  } else if (port !== undefined) {
    await (await asyncioServer(log, address)).serveForever();
  } else {
    log('--- asyncio');
    const server = await asyncioServer(log, address);
    await client(log, server);
    await server.close();

    log('--- reactive');
    await lastValueFrom(
      reactiveServer(log, address).pipe(
        switchMap((bound) => client(log, bound)),
        take(1),
      ),
    );
  }
}

function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `${address}:${port}`;
}

if (require.main === module) run(main);
