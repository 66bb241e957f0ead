/**
 * An echo client: says one line to a server and prints the line that comes back.
 *
 * It does so twice: with promises, as asyncio's example does, and with Observables.
 *
 *     npm run demo -- echoClient                    starts an echo server for itself
 *     npm run demo -- echoClient 8888 [host]        uses your server
 *
 * It prints:
 *
 *     --- asyncio
 *     Send: 'Hello World!'
 *     Received: 'Hello World!'
 *     Close the connection
 *     --- reactive
 *     Send: 'Hello World!'
 *     Received: 'Hello World!'
 *     Close the connection
 */
import type { AddressInfo } from 'node:net';
import { finalize, lastValueFrom, type Observable, switchMap, take, tap } from 'rxjs';
import { connect, lines, openConnection, startServer, writeTo } from 'rxjs-tcp';
import { noMore, portOf } from './support/args';
import { run } from './support/run';

const MESSAGE = 'Hello World!';

type Log = (line: string) => void;
type Address = { host: string; port: number };

async function asyncioClient(log: Log, address: Address): Promise<void> {
  const { reader, writer } = await openConnection(address);

  log(`Send: '${MESSAGE}'`);
  writer.write(`${MESSAGE}\n`);
  await writer.drain();

  const line = await reader.readLine();
  log(`Received: '${`${line}`.trimEnd()}'`);

  log('Close the connection');
  writer.close();
  await writer.waitClosed();
}

function reactiveClient(log: Log, address: Address): Observable<string> {
  return connect(address).pipe(
    tap(() => log(`Send: '${MESSAGE}'`)),
    tap(({ writer }) => writer.next(`${MESSAGE}\n`)),
    switchMap(({ reader }) => reader.pipe(lines())),
    // One line is enough: `take` unsubscribes, and unsubscribing hangs up.
    take(1),
    tap((line) => log(`Received: '${line}'`)),
    finalize(() => log('Close the connection')),
  );
}

export async function main(
  log: Log = console.log,
  port?: string,
  host = '127.0.0.1',
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  if (port !== undefined) {
    await both(log, { host, port: portOf(port) });
    return;
  }
  const server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), { host, port: 0 });
  await both(log, { host, port: (server.address() as AddressInfo).port });
  await server.close();
}

async function both(log: Log, address: Address): Promise<void> {
  log('--- asyncio');
  await asyncioClient(log, address);

  log('--- reactive');
  await lastValueFrom(reactiveClient(log, address));
}

if (require.main === module) run(main);
