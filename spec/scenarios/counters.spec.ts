import { firstValueFrom, Subject } from 'rxjs';
import {
  backpressure,
  type Connection,
  concatMapPausing,
  connectionPair,
  eachValueFrom,
  lines,
  openConnection,
  read,
  type Server,
  sharePausing,
  startServer,
  writeTo,
} from '../../src';
import { plainPair } from '../support/plainPair';
import { portOf } from '../support/portOf';

// `stats()`: the counters of both ends agree, and those of a server add up, however the connections end.

const turn = () => new Promise(setImmediate);

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 10_000 && !condition(); i++) await turn();
  expect(condition()).toBe(true);
}

describe('connection.stats()', () => {
  it('agrees with that of the other end', async () => {
    const { client, server, release } = await plainPair();
    const bytes = Buffer.alloc(300_000, 'x');
    client.writer.write(bytes);
    client.writer.writeEof();
    const all = await server.reader.readAll();
    server.writer.write(all.subarray(0, 1000));
    await server.close();
    await client.reader.readAll();
    await client.close();
    expect(client.stats()).toMatchObject({ bytesWritten: 300_000, bytesRead: 1000, unread: 0, queued: 0 });
    expect(server.stats()).toMatchObject({ bytesRead: 300_000, bytesWritten: 1000, unread: 0, queued: 0 });
    await release();
  });

  it('tells how much is unread and queued, and since when there is pressure', async () => {
    const before = Date.now();
    const [near, far] = connectionPair();
    far.reader.pause();
    near.writer.write(Buffer.alloc(3_000_000));
    expect(near.stats().pressureSince).toBeGreaterThanOrEqual(before);
    await until(() => near.stats().bytesWritten > 0);
    const { bytesWritten, queued, openedAt } = near.stats();
    expect(bytesWritten + queued).toBe(3_000_000);
    expect(openedAt).toBeGreaterThanOrEqual(before);
    expect(far.stats().unread).toBe(far.stats().bytesRead);
    near.destroy();
    expect(near.stats()).not.toHaveProperty('pressureSince');
    expect(near.stats().queued).toBe(0);
  });

  const NEVER = new Subject<never>();
  /** The end of a connection is an error here, which says nothing new. */
  const ENDS = { error: () => {} };
  it.each<[string, (near: Connection, other: Connection) => unknown]>([
    ['pause', ({ reader }) => reader.pause()],
    [
      'concatMapPausing',
      ({ reader }) =>
        reader
          .pipe(
            lines(),
            concatMapPausing(() => NEVER),
          )
          .subscribe(),
    ],
    ['writeTo', ({ reader }, { writer }) => reader.pipe(writeTo(writer)).subscribe(ENDS)],
    ['backpressure', ({ reader }, { writer }) => reader.pipe(backpressure(writer)).subscribe(ENDS)],
    ['eachValueFrom', ({ reader }) => eachValueFrom(reader.pipe(lines())).next()],
    ['toDuplex', (near) => near.toDuplex().on('error', () => {})],
    [
      'sharePausing',
      ({ reader }) => {
        const shared = reader.pipe(read(), sharePausing({ maxBuffered: 1 }));
        shared.pipe(concatMapPausing(() => NEVER)).subscribe(ENDS);
      },
    ],
  ])('names %s, which holds the reader, and since when', async (name, begin) => {
    const before = Date.now();
    const [near, far] = connectionPair();
    // Nobody reads: its writer is soon under pressure.
    const [other] = connectionPair({ highWaterMark: 1 });
    other.writer.write(Buffer.alloc(2_000_000));
    await turn();
    far.writer.write('one\ntwo\n');
    begin(near, other);
    await until(() => near.stats().unread > 0 || near.stats().heldBy?.includes(name) === true);
    far.writer.write('three\nfour\n');
    await until(() => near.stats().heldBy?.includes(name) === true);
    const { heldSince } = near.stats();
    expect(heldSince).toBeGreaterThanOrEqual(before);
    expect(heldSince).toBeLessThanOrEqual(Date.now());
    near.destroy();
    other.destroy();
  });

  it('says nothing of holds once they are released', () => {
    const [near] = connectionPair();
    const releases = [near.reader.pause(), near.reader.pause()];
    const { heldSince } = near.stats();
    releases[0]!();
    releases[0]!();
    expect(near.stats().heldSince).toBe(heldSince);
    releases[1]!();
    expect(near.stats()).not.toHaveProperty('heldSince');
    expect(near.stats()).not.toHaveProperty('heldBy');
  });
});

describe('server.stats()', () => {
  const ENDINGS = 10;

  /** Ends a conversation, from either side, in one of ten ways. */
  async function endInSomeWay(way: number, client: Connection, server: Connection): Promise<void> {
    const [one, other] = way % 2 === 0 ? [client, server] : [server, client];
    switch (Math.floor(way / 2) % 5) {
      case 0:
        void one.close();
        await other.reader.readAll();
        await Promise.all([other.close(), one.closed]);
        break;
      case 1:
        one.destroy(new Error('a reason'));
        break;
      case 2:
        one.reset();
        break;
      case 3:
        one.writer.writeEof();
        await other.close();
        break;
      default:
        one.writer.error(new Error('a source has failed'));
    }
    client.destroy();
    server.destroy();
    await Promise.all([client.closed, server.closed]);
  }

  it('adds up after connections that ended in every way', async () => {
    const accepted: Connection[] = [];
    const server = await startServer((connection) => void accepted.push(connection), { host: '127.0.0.1', port: 0 });
    server.errors.subscribe();
    let written = 0;
    for (let way = 0; way < 5 * ENDINGS; way++) {
      const client = await openConnection({ host: '127.0.0.1', port: portOf(server) });
      await until(() => accepted.length === way + 1);
      const connection = accepted[way]!;
      client.writer.write(Buffer.alloc(100 + way));
      written += 100 + way;
      expect((await connection.reader.readExactly(100 + way)).length).toBe(100 + way);
      connection.writer.write('yes');
      await client.reader.readExactly(3);
      expect(server.stats()).toMatchObject({ open: 1, accepted: way + 1, refused: 0 });
      await endInSomeWay(way, client, connection);
      expect(server.stats()).toMatchObject({ open: 0, bytesRead: written, bytesWritten: 3 * (way + 1) });
    }
    expect(server.stats()).toMatchObject({ open: 0, accepted: 50, refused: 0 });
    await server.close();
    expect(server.stats()).toMatchObject({ open: 0, accepted: 50, bytesRead: written });
  });

  async function openMany(server: Server, count: number): Promise<Connection[]> {
    return Promise.all(
      Array.from({ length: count }, () => openConnection({ host: '127.0.0.1', port: portOf(server) })),
    );
  }

  it('counts refused connections as refused$ emits them', async () => {
    const server = await startServer(({ closed }) => closed, { host: '127.0.0.1', port: 0, maxConnections: 1 });
    const told: number[] = [];
    server.refused$.subscribe(() => told.push(server.stats().refused));
    const clients = await openMany(server, 3);
    await until(() => told.length === 2);
    expect(told).toEqual([1, 2]);
    expect(server.stats()).toMatchObject({ open: 1, accepted: 1, refused: 2 });
    for (const client of clients) client.destroy();
    await server.close({ timeout: 1 });
  });

  it('counts failures, also those without a subscriber', async () => {
    const server = await startServer(
      () => {
        throw new Error('a bug');
      },
      { host: '127.0.0.1', port: 0 },
    );
    const failed = firstValueFrom(server.errors);
    const [client] = await openMany(server, 1);
    await failed;
    expect(server.stats().failed).toBe(1);
    client!.destroy();
    await server.close();
  });

  it('counts what is open while connections are open', async () => {
    const server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), {
      host: '127.0.0.1',
      port: 0,
    });
    const clients = await openMany(server, 5);
    for (const client of clients) client.writer.write('12345');
    for (const client of clients) await client.reader.readExactly(5);
    expect(server.stats()).toEqual({
      open: 5,
      accepted: 5,
      waiting: 0,
      refused: 0,
      failed: 0,
      bytesRead: 25,
      bytesWritten: 25,
    });
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
    expect(server.stats()).toEqual({
      open: 0,
      accepted: 5,
      waiting: 0,
      refused: 0,
      failed: 0,
      bytesRead: 25,
      bytesWritten: 25,
    });
  });
});
