/**
 * A port forwarder (a proxy): a client that connects to it talks to another server, and neither of them notices.
 *
 * Both directions are pipes, so pressure and endings pass through: a side that does not read stops the other side's
 * writing, with little in the forwarder's memory; a side that has ended (FIN) can still be answered; and where one
 * breaks (RST), the other learns it.
 *
 *     npm run demo -- portForwarder                         forwards to a server of its own
 *     npm run demo -- portForwarder 8080 example.com 80     forwards until Ctrl+C
 *
 * It prints:
 *
 *     Forwarding 127.0.0.1:… to 127.0.0.1:…
 *     --- half-close: the client ends, and is answered after that
 *     client > one two three, FIN
 *     client < 3 words, FIN
 *     --- backpressure: the client writes, the target reads nothing
 *     The client was stopped after … MiB: … KiB wait in the forwarder, the rest in the kernel
 *     The target reads: all … MiB are there and right, at most … KiB were seen waiting in the forwarder
 *     --- reset: the target breaks the connection
 *     client < ECONNRESET
 */
import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, merge, mergeMap, type Observable, tap } from 'rxjs';
import {
  type Connection,
  connect,
  openConnection,
  type Server,
  SocketTimeoutError,
  startServer,
  writeTo,
} from 'rxjs-tcp';
import { noMore, portOf, UsageError } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;
type Address = { host: string; port: number };
type Sides = { client: Connection; target: Connection };

/** @param onOpen - Called with the two connections that are joined. */
function forwarder(port: number, address: Address, onOpen: (sides: Sides) => void = () => {}): Promise<Server> {
  const forward = (client: Connection): Observable<number> =>
    // `halfOpen`: the forwarder ends only what the client or the target has ended.
    connect({ ...address, halfOpen: true }).pipe(
      tap((target) => onOpen({ client, target })),
      mergeMap((target) =>
        merge(
          client.reader.pipe(writeTo(target.writer, { end: true })),
          target.reader.pipe(writeTo(client.writer, { end: true })),
        ).pipe(tap({ error: () => target.reset() })),
      ),
      tap({ error: () => client.reset() }),
    );

  return startServer(forward, { host: '127.0.0.1', port });
}

export async function main(
  log: Log = console.log,
  port?: string,
  host?: string,
  targetPort?: string,
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  if (port !== undefined) {
    const from = portOf(port, 0);
    if (host === undefined) throw new UsageError(`Cannot forward port ${from}: the target's host and port are missing`);
    if (targetPort === undefined) throw new UsageError(`Cannot forward port ${from} to ${host}: its port is missing`);
    const server = await forwarder(from, { host, port: portOf(targetPort) });
    server.errors.subscribe(({ error }) => log(`A connection was lost: ${error}`));
    log(`Forwarding 127.0.0.1:${addressOf(server).port} to ${host}:${targetPort}`);
    await server.serveForever();
    return;
  }

  // The target's handler leaves its connections to the scenes below.
  const target = await startServer(() => {}, { host: '127.0.0.1', port: 0 });
  let sides!: Sides;
  const proxy = await forwarder(0, addressOf(target), (opened) => {
    sides = opened;
  });
  proxy.errors.subscribe();
  log(`Forwarding 127.0.0.1:${addressOf(proxy).port} to 127.0.0.1:${addressOf(target).port}`);

  async function dial(): Promise<[client: Connection, accepted: Connection]> {
    return Promise.all([openConnection(addressOf(proxy)), firstValueFrom(target.connections)]);
  }

  log('--- half-close: the client ends, and is answered after that');
  await halfClose(log, ...(await dial()));

  log('--- backpressure: the client writes, the target reads nothing');
  await pressure(log, ...(await dial()), () => sides.client.reader.bufferedAmount + sides.target.writer.bufferedAmount);

  log('--- reset: the target breaks the connection');
  await breakOff(log, ...(await dial()));

  await Promise.all([proxy.close(), target.close()]);
}

async function halfClose(log: Log, client: Connection, target: Connection): Promise<void> {
  client.writer.write('one two three');
  client.writer.writeEof();
  log('client > one two three, FIN');

  const words = `${await target.reader.readAll()}`.split(' ');
  target.writer.write(`${words.length} words`);
  target.writer.writeEof();
  log(`client < ${await client.reader.readAll()}, FIN`);
}

/** @param waiting - How many bytes of this direction wait in the forwarder. */
async function pressure(log: Log, client: Connection, target: Connection, waiting: () => number): Promise<void> {
  const block = randomBytes(64 * 1024);
  const [wrote, read] = [createHash('sha256'), createHash('sha256')];
  let sent = 0;
  let most = 0;

  for (let stopped = false; !stopped; sent += block.length) {
    client.writer.write(block);
    wrote.update(block);
    // A peer that reads makes room much sooner.
    stopped = await client.writer.drain({ timeout: 100 }).then(() => false, isTimeout);
    most = Math.max(most, waiting());
  }
  const [total, held] = [(sent / 2 ** 20).toFixed(1), kib(waiting())];
  log(`The client was stopped after ${total} MiB: ${held} KiB wait in the forwarder, the rest in the kernel`);

  client.writer.writeEof();
  for await (const chunk of target.reader) {
    read.update(chunk);
    most = Math.max(most, waiting());
  }
  const verdict = wrote.digest('hex') === read.digest('hex') ? 'there and right' : 'NOT right';
  log(`The target reads: all ${total} MiB are ${verdict}, at most ${kib(most)} KiB were seen waiting in the forwarder`);
  target.writer.close();
}

async function breakOff(log: Log, client: Connection, target: Connection): Promise<void> {
  target.reset();
  const { error } = await client.closed;
  log(`client < ${(error as NodeJS.ErrnoException).code}`);
}

function isTimeout(error: unknown): true {
  if (error instanceof SocketTimeoutError) return true;
  throw error;
}

function kib(bytes: number): number {
  return Math.round(bytes / 1024);
}

function addressOf(server: Server): Address {
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

if (require.main === module) run(main);
