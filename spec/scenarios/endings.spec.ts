// Proves how a connection ends: every row of the table in the documentation, on every transport, for both ends.
import { once } from 'node:events';
import { connect as connectRaw, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { asapScheduler, firstValueFrom } from 'rxjs';
import {
  type Connection,
  ConnectionClosedError,
  connect,
  connectionPair,
  decode,
  eachValueFrom,
  IncompleteReadError,
  lines,
  listen,
  openConnection,
  readExactly,
  readLine,
  type Server,
  type ServerFailure,
  startServer,
} from '../../src';
import { faults } from '../../src/testing';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { record } from '../support/record';
import { activeResources } from '../support/resources';
import { socketPaths } from '../support/socketPaths';
import { type Ends, pairKind, ways, waysOf } from '../support/transports';
import { turns, until } from '../support/until';

/** What OpenSSL 3.0, of Node 20, calls plaintext where a record is due, and what 3.5 calls it. */
const BROKEN_RECORD = /^ERR_SSL_(WRONG_VERSION_NUMBER|BAD_RECORD_TYPE)$/;

const MIB = 1024 * 1024;

/** The pair of `rxjs-tcp/testing`, in the time of a scheduler, over a link without faults. */
const testingWays = waysOf([
  pairKind('memory on a scheduler', (options) => connectionPair({ ...options, scheduler: asapScheduler })),
  pairKind('memory with a link in between', (options) => {
    const { client, server } = faults(1, { split: 0, coalesce: 0, jitter: 0, stall: 0 }).pair(options);
    return [client, server];
  }),
]);

describe.each([...ways, ...testingWays])('endings over $way', ({ kind, role }) => {
  let ends: Ends;
  let near: Connection;
  let far: Connection;

  beforeEach(async () => {
    ends = await kind.open(role);
    ({ near, far } = ends);
  });

  afterEach(() => ends.release());

  describe('the peer ends', () => {
    it('delivers the rest, then the end of the stream', async () => {
      far.writer.write('line\nre');
      far.writer.write('st');
      far.writer.writeEof();
      expect(`${await near.reader.readLine()}`).toBe('line\n');
      expect(`${await near.reader.readLine()}`).toBe('rest');
      expect(await near.reader.readLine()).toHaveLength(0);
      expect(await near.reader.read(10)).toHaveLength(0);
      expect(near.reader.atEof()).toBe(true);
    });

    it('keeps writing possible until we end too', async () => {
      far.writer.writeEof();
      await near.reader.readAll();
      expect(near.writer.isClosing()).toBe(false);
      expect(near.writer.canWriteEof()).toBe(true);
      expect(near.writer.write('still ')).toBe(true);
      await near.writer.flush();
      near.writer.write('here');
      near.writer.writeEof();
      expect(`${await far.reader.readAll()}`).toBe('still here');
      expect(await near.closed).toEqual({ by: 'peer' });
      expect(await far.closed).toEqual({ by: 'local' });
      expect([near.bytesRead, near.bytesWritten]).toEqual([0, 10]);
      expect([far.bytesRead, far.bytesWritten]).toEqual([10, 0]);
    });

    it('completes a subscription after the rest', async () => {
      const { seen } = record(near.reader.pipe(lines()));
      far.writer.write('a\nb');
      far.writer.complete();
      await until('it completes', () => seen.includes('|'));
      expect(seen).toEqual(['a', 'b', '|']);
    });
  });

  describe('the peer ends inside a frame', () => {
    it('rejects with the partial frame and the expected size', async () => {
      far.writer.write('abc');
      far.writer.writeEof();
      const error = await failureOf(near.reader.readExactly(5));
      expect(error).toBeInstanceOf(IncompleteReadError);
      expect(error).toMatchObject({ partial: Buffer.from('abc'), expected: 5 });
      expect(await failureOf(near.reader.readUntil('\n'))).toMatchObject({ partial: Buffer.alloc(0), expected: null });
      near.writer.write('still here');
      expect(`${await far.reader.readExactly(10)}`).toBe('still here');
    });

    it('errors a subscription, after the complete frames', async () => {
      const recording = record(near.reader.pipe(readExactly(2)));
      far.writer.write('abc');
      far.writer.writeEof();
      await until('it errors', () => recording.error !== undefined);
      expect(recording.seen).toEqual(['ab', '# IncompleteReadError']);
      expect(recording.error).toMatchObject({ partial: Buffer.from('c'), expected: 2 });
      expect(near.writer.write('x')).toBe(true);
    });
  });

  describe('the peer resets', () => {
    /** We have written more than the peer reads and the kernel buffers. */
    async function untilStuck(): Promise<void> {
      await until('the peer takes no more', () => far.reader.bufferedAmount > 128 * 1024);
      await turns(20);
    }

    /**
     * Breaks off like a peer that dies: with a reset, or on a transport without resets, by leaving our bytes unread.
     */
    async function breakOff(): Promise<void> {
      if (kind.name === 'Unix') {
        near.writer.write(Buffer.alloc(4 * MIB));
        await untilStuck();
        far.destroy();
      } else {
        far.reset();
      }
    }

    it('delivers the bytes that arrived, then the system error untouched, to every read', async () => {
      far.writer.write('line\nrest');
      await far.writer.flush();
      await until('it has arrived', () => near.bytesRead === 9);
      const held = near.reader.pause();
      await breakOff();
      const { by, error } = await near.closed;
      held();
      expect(by).toBe('reset');
      expect(error).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/), syscall: expect.any(String) });
      expect(`${await near.reader.readLine()}`).toBe('line\n');
      expect(await failureOf(near.reader.readLine())).toBe(error);
      // The failed read consumed nothing.
      expect(`${await near.reader.read(10)}`).toBe('rest');
      expect(await failureOf(near.reader.read(10))).toBe(error);
      expect(near.reader.atEof()).toBe(false);
    });

    it('rejects a pending read and errors a pending subscription', async () => {
      const pending = failureOf(near.reader.readLine());
      await breakOff();
      expect(await pending).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
      const { seen } = record(near.reader.pipe(readLine()));
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatch(/^# .*(ECONNRESET|EPIPE)/);
    });

    it('throws in a loop, too, between frames', async () => {
      const seen: string[] = [];
      const loop = async (values: AsyncIterable<unknown>) => {
        for await (const value of values) seen.push(`${value}`.trim());
      };
      far.writer.write('line\n');
      await until('it has arrived', () => near.bytesRead === 5);
      const broken = failureOf(loop(eachValueFrom(near.reader.pipe(lines()))));
      await until('it waits for more', () => seen.length === 1);
      await breakOff();
      expect(await broken).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
      expect(await failureOf(loop(near.reader))).toBe(await broken);
      expect(seen).toEqual(['line']);
    });

    it('makes writes throw and waiters reject, each with a separate error whose cause is the system error', async () => {
      near.writer.write(Buffer.alloc(8 * MIB));
      const waiting = [near.writer.drain(), near.writer.drain(), near.writer.flush()].map(failureOf);
      await untilStuck();
      await breakOff();
      const { error: cause } = await near.closed;
      const errors = await Promise.all(waiting);
      for (const error of errors) {
        expect(error).toBeInstanceOf(ConnectionClosedError);
        expect((error as Error).cause).toBe(cause);
      }
      expect(new Set(errors).size).toBe(3);
      expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
      expect(() => near.writer.write('x')).toThrow(expect.objectContaining({ cause }));
      expect(() => near.writer.next('x')).not.toThrow();
      expect(await failureOf(near.writer.drain())).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause });
      expect(near.writer.isClosing()).toBe(true);
      expect(near.signal.aborted).toBe(true);
      expect(near.signal.reason).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause });
    });
  });

  describe('we writeEof()', () => {
    it('makes writes throw without a cause, and reading goes on', async () => {
      near.writer.write('last');
      near.writer.writeEof();
      expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
      expect(() => near.writer.write('x')).toThrow(expect.not.objectContaining({ cause: expect.anything() }));
      expect(() => near.writer.next('x')).not.toThrow();
      near.writer.writeEof();
      expect(near.writer.isClosing()).toBe(false);
      expect(`${await far.reader.readAll()}`).toBe('last');
      far.writer.write('reply');
      expect(`${await near.reader.readExactly(5)}`).toBe('reply');
      far.writer.write(' after all');
      far.writer.writeEof();
      expect(`${await near.reader.readAll()}`).toBe(' after all');
      expect(await near.closed).toEqual({ by: 'local' });
      expect(await far.closed).toEqual({ by: 'peer' });
    });

    it('sends everything first', async () => {
      near.writer.write(Buffer.alloc(3 * MIB, 'x'));
      near.writer.writeEof();
      expect(await far.reader.readAll()).toHaveLength(3 * MIB);
      await near.writer.flush();
      expect(near.bytesWritten).toBe(3 * MIB);
    });
  });

  describe('we close()', () => {
    it('resolves a pending read with the end of the stream', async () => {
      const pending = near.reader.readLine();
      void near.close();
      expect(await pending).toHaveLength(0);
      expect(near.reader.atEof()).toBe(true);
    });

    it('rejects a pending read that needs more, with the partial frame', async () => {
      const pending = failureOf(near.reader.readExactly(5));
      far.writer.write('abc');
      await until('it has arrived', () => near.bytesRead === 3);
      void near.close();
      expect(await pending).toMatchObject({ code: 'ERR_INCOMPLETE_READ', partial: Buffer.from('abc'), expected: 5 });
    });

    it('keeps the bytes that arrived readable', async () => {
      far.writer.write('kept\n');
      await until('it has arrived', () => near.bytesRead === 5);
      void near.close();
      expect(`${await near.reader.readLine()}`).toBe('kept\n');
      expect(await near.reader.readLine()).toHaveLength(0);
    });

    it('completes a subscription', () => {
      const { seen } = record(near.reader);
      void near.close();
      expect(seen).toEqual(['|']);
    });

    it('sends everything first, however slow the reader, and makes writes throw', async () => {
      const sent = Buffer.alloc(2 * MIB, 'abcdefg');
      near.writer.write(sent);
      const closed = near.close();
      expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
      expect(() => near.writer.next('x')).not.toThrow();
      expect(near.writer.isClosing()).toBe(true);
      const received: Buffer[] = [];
      for (let rest = sent.length; rest > 0; rest -= 128 * 1024) {
        received.push(await far.reader.readExactly(128 * 1024));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(Buffer.concat(received).equals(sent)).toBe(true);
      expect(await far.reader.read(1)).toHaveLength(0);
      void far.close();
      expect(await closed).toEqual({ by: 'local' });
      expect(await far.closed).toEqual({ by: 'peer' });
    });

    it('discards the bytes that the peer still sends, however many, and takes its end as the end', async () => {
      const closed = near.close();
      far.writer.write(Buffer.alloc(2 * MIB));
      far.writer.writeEof();
      expect(await closed).toEqual({ by: 'local' });
      expect(near.reader.bufferedAmount).toBe(0);
      expect(far.bytesWritten).toBe(2 * MIB);
    });

    it('resumes a paused peer, and discards the bytes that waited there', async () => {
      far.writer.write(Buffer.alloc(2 * MIB));
      far.writer.writeEof();
      await until('it is full', () => near.reader.bufferedAmount >= 128 * 1024);
      await turns(20);
      const kept = near.reader.bufferedAmount;
      expect(kept).toBeLessThan(2 * MIB);
      expect(await near.close({ timeout: 0 })).toEqual({ by: 'local' });
      expect(await near.reader.readAll()).toHaveLength(kept);
    });
  });

  describe('we destroy()', () => {
    it('rejects a pending read and all later ones, once the bytes that arrived are read', async () => {
      far.writer.write('line\nrest');
      await until('it has arrived', () => near.bytesRead === 9);
      expect(`${await near.reader.readLine()}`).toBe('line\n');
      const pending = failureOf(near.reader.readLine());
      const reason = new Error('enough');
      near.destroy(reason);
      const error = await pending;
      expect(error).toBeInstanceOf(ConnectionClosedError);
      expect((error as Error).cause).toBe(reason);
      expect(`${await near.reader.read(10)}`).toBe('rest');
      expect(await failureOf(near.reader.read(10))).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: reason });
      expect(await near.closed).toEqual({ by: 'local', error: reason });
    });

    it('drops the queue, and rejects every waiter', async () => {
      near.writer.write(Buffer.alloc(8 * MIB));
      const waiting = [near.writer.drain(), near.writer.flush()].map(failureOf);
      const { bufferedAmount } = near.writer;
      expect(bufferedAmount).toBeGreaterThan(0);
      near.destroy();
      for (const error of await Promise.all(waiting)) {
        expect(error).toBeInstanceOf(ConnectionClosedError);
        expect(error).toMatchObject({ discarded: bufferedAmount });
      }
      expect(near.writer.bufferedAmount).toBe(0);
      expect(await failureOf(near.writer.drain())).toBeInstanceOf(ConnectionClosedError);
      expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
      expect(await near.closed).toEqual({ by: 'local' });
      expect(near.bytesWritten).toBeLessThan(8 * MIB);
    });

    it('ends the connection for the peer, cleanly or not', async () => {
      near.destroy();
      far.writer.write('x');
      const { by } = await Promise.race([far.closed, far.reader.readAll().then(() => ({ by: 'peer' }))]).catch(
        () => far.closed,
      );
      expect(by).toMatch(/^(peer|reset)$/);
    });
  });

  describe('we reset()', () => {
    it('delivers the bytes that arrived, rejects pending reads and waiters, and drops the queue', async () => {
      far.writer.write('rest');
      await until('it has arrived', () => near.bytesRead === 4);
      near.writer.write(Buffer.alloc(8 * MIB));
      const waiting = [near.reader.readLine(), near.writer.drain(), near.writer.flush()].map(failureOf);
      near.reset();
      for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(ConnectionClosedError);
      expect(`${await near.reader.read(10)}`).toBe('rest');
      expect(await failureOf(near.reader.read(10))).toBeInstanceOf(ConnectionClosedError);
      expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
      expect(near.bytesWritten).toBeLessThan(8 * MIB);
      expect(await near.closed).toEqual({ by: 'local' });
    });

    it('shows the peer a reset, or an end on transports without resets', async () => {
      near.writer.write('last\n');
      await near.writer.flush();
      await until('it has arrived', () => far.bytesRead === 5);
      near.reset();
      if (kind.name === 'Unix') {
        expect(`${await far.reader.readAll()}`).toBe('last\n');
        return;
      }
      const { by, error } = await far.closed;
      expect(by).toBe('reset');
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(`${await far.reader.readLine()}`).toBe('last\n');
      expect(await failureOf(far.reader.readLine())).toBe(error);
    });
  });

  describe('we unsubscribe a read', () => {
    it('loses nothing and does not touch the writer', async () => {
      const { seen, subscription } = record(near.reader.pipe(lines()));
      far.writer.write('one\ntw');
      await until('it has arrived', () => near.bytesRead === 6);
      subscription.unsubscribe();
      far.writer.write('o\n');
      expect(seen).toEqual(['one']);
      expect(`${await near.reader.readLine()}`).toBe('two\n');
      expect(near.writer.write('x')).toBe(true);
      expect(`${await far.reader.readExactly(1)}`).toBe('x');
    });
  });
});

describe.each([
  ['TCP', {}, {}],
  ['TLS', { tls: SERVER_TLS }, { tls: CLIENT_TLS }],
  ['Unix', {}, {}],
])('we unsubscribe connect, over %s', (name, ofServer, ofClient) => {
  it('works like destroy(): pending reads and waiters reject, the queue is dropped, the peer sees the end', async () => {
    const paths = socketPaths();
    const path = paths.path('connect.sock');
    const where = name === 'Unix' ? { path } : { host: '127.0.0.1', port: 0 };
    const accepted: Connection[] = [];
    const server = await startServer((connection) => void accepted.push(connection), { ...where, ...ofServer });
    const whither = name === 'Unix' ? { path } : { host: '127.0.0.1', port: server.port as number };
    const dialing = connect({ ...whither, ...ofClient });
    const dialed: Connection[] = [];
    const subscription = dialing.subscribe((connection) => dialed.push(connection));
    await until('it is open', () => dialed.length === 1 && accepted.length === 1);
    const near = dialed[0]!;
    near.writer.write(Buffer.alloc(8 * MIB));
    const waiting = [near.reader.readLine(), near.writer.drain(), near.writer.flush()].map(failureOf);
    subscription.unsubscribe();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
    expect(await near.closed).toEqual({ by: 'local' });
    expect(near.bytesWritten).toBeLessThan(8 * MIB);
    const received = await accepted[0]!.reader.readAll().catch(() => Buffer.alloc(0));
    expect(received.length).toBeLessThan(8 * MIB);
    await server.close({ timeout: 1 });
    paths.remove();
  });
});

/** A way to read lines that reports each of them, and rejects with the error at the end. */
type ReadsLines = (near: Connection, seen: string[]) => Promise<void>;

const READS: [string, ReadsLines][] = [
  ['a subscription', ({ reader }, seen) => reader.pipe(lines()).forEach((line) => void seen.push(line))],
  [
    'a promise',
    async ({ reader }, seen) => {
      for (;;) seen.push(`${await reader.readLine()}`.trim());
    },
  ],
  [
    'eachValueFrom',
    async ({ reader }, seen) => {
      for await (const line of eachValueFrom(reader.pipe(lines()))) seen.push(line);
    },
  ],
  [
    'a generator',
    ({ reader }, seen) => {
      const line = decode(function* (read) {
        return `${yield* read.line()}`.trim();
      });
      return reader.pipe(line).forEach((text) => void seen.push(text));
    },
  ],
];

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a broken record of %s', (version) => {
  const versions = { minVersion: version, maxVersion: version };
  const plaintext = '221 closing connection\r\n';

  /** Sends a line and the beginning of another, then plaintext, and observes the result. */
  async function expectBroken(
    near: Connection,
    reading: Promise<void>,
    seen: string[],
    send: Sender,
  ): Promise<unknown> {
    const failing = failureOf(reading);
    const { signal } = near;
    send.secure.write('one\ntw');
    await until('it has arrived', () => near.bytesRead === 6 && seen.length === 1);
    send.raw.write(plaintext);
    const error = await failing;
    expect(error).toMatchObject({ code: expect.stringMatching(BROKEN_RECORD) });
    expect(await near.closed).toEqual({ by: 'error', error });
    expect(seen).toEqual(['one']);
    expect(`${await near.reader.read(10)}`).toBe('tw');
    expect(await failureOf(near.reader.read(10))).toBe(error);
    expect(() => near.writer.write('x')).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTION_CLOSED', cause: error }),
    );
    expect(signal.reason).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: error });
    expect((near.writer.getExtraInfo('socket') as TLSSocket).destroyed).toBe(true);
    return error;
  }

  it.each(READS)('ends the connection of a client at once, during %s', async (_how, read) => {
    const sockets: Socket[] = [];
    const server = createTlsServer({ ...SERVER_TLS, ...versions }).listen(0, '127.0.0.1');
    server.on('connection', (socket) => void sockets.push(socket));
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepting = once(server, 'secureConnection');
    const near = await openConnection({ host: '127.0.0.1', port, tls: CLIENT_TLS });
    const [secure] = (await accepting) as [TLSSocket];
    secure.on('error', () => {});
    const seen: string[] = [];
    await expectBroken(near, read(near, seen), seen, { raw: sockets[0]!, secure });
    secure.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(READS)('ends the connection of a server at once, which reports it once, during %s', async (_how, read) => {
    const seen: string[] = [];
    let reading!: Promise<void>;
    let near!: Connection;
    const server = await startServer(
      (connection) => {
        near = connection;
        reading = read(connection, seen);
        return reading;
      },
      { host: '127.0.0.1', port: 0, tls: { ...SERVER_TLS, ...versions } },
    );
    const failures: ServerFailure[] = [];
    server.errors.subscribe((failure) => failures.push(failure));
    const raw = connectRaw(server.port as number, '127.0.0.1');
    const secure = connectTls({ socket: raw, ...CLIENT_TLS }).on('error', () => {});
    await until('it is accepted', () => near !== undefined);
    const error = await expectBroken(near, reading, seen, { raw, secure });
    expect(failures.map((failure) => [failure.error, failure.connection === near])).toEqual([[error, true]]);
    secure.destroy();
    await server.close({ timeout: 0 });
  });

  it('ends the connection of a server, which reports it once, where the handler returned nothing', async () => {
    let near!: Connection;
    const server = await startServer(
      (connection) => {
        near = connection;
      },
      { host: '127.0.0.1', port: 0, tls: { ...SERVER_TLS, ...versions } },
    );
    const failures: ServerFailure[] = [];
    server.errors.subscribe((failure) => failures.push(failure));
    const raw = connectRaw(server.port as number, '127.0.0.1');
    const secure = connectTls({ socket: raw, ...CLIENT_TLS }).on('error', () => {});
    await until('it is accepted', () => near !== undefined);
    raw.write(plaintext);
    const { by, error } = await near.closed;
    expect(by).toBe('error');
    expect(failures.map((failure) => [failure.error, failure.connection === near])).toEqual([[error, true]]);
    secure.destroy();
    await server.close({ timeout: 0 });
  });

  it('is reported by a server whose connection no handler had taken', async () => {
    const server = await new Promise<Server>((resolve, reject) => {
      const tls = { ...SERVER_TLS, ...versions };
      listen({ host: '127.0.0.1', port: 0, tls }).subscribe({ next: resolve, error: reject });
    });
    const raw = connectRaw(server.port as number, '127.0.0.1');
    const secure = connectTls({ socket: raw, ...CLIENT_TLS }).on('error', () => {});
    await once(secure, 'secureConnect');
    secure.write('one\n');
    await turns(10);
    raw.write(plaintext);
    await turns(10);
    const near = await firstValueFrom(server.connections);
    expect(`${await near.reader.readLine()}`).toBe('one\n');
    const error = await failureOf(near.reader.readLine());
    expect(error).toMatchObject({ code: expect.stringMatching(BROKEN_RECORD) });
    expect(await near.closed).toEqual({ by: 'error', error });
    secure.destroy();
    await server.close({ timeout: 0 });
  });
});

/** The streams to break a record with: the secure one, and the socket beneath it. */
interface Sender {
  readonly secure: TLSSocket;
  readonly raw: Socket;
}

describe.each([
  ['TCP', {}, {}],
  ['TLS', { tls: SERVER_TLS }, { tls: CLIENT_TLS }],
])('we reset() around our FIN, over %s', (_name, ofServer, ofClient) => {
  const ends: [string, (connection: Connection) => void][] = [
    ['writeEof()', ({ writer }) => writer.writeEof()],
    ['close()', (connection) => void connection.close()],
  ];
  const steps: [string, (reset: () => void) => void][] = [
    ['in the same turn', (reset) => reset()],
    ['a microtask later', (reset) => void Promise.resolve().then(reset)],
    ['a tick later', (reset) => process.nextTick(reset)],
    ['two ticks later', (reset) => process.nextTick(() => process.nextTick(reset))],
    ['a turn later', (reset) => void setImmediate(reset)],
    ['two turns later', (reset) => void setImmediate(() => setImmediate(reset))],
  ];
  const rows = ends.flatMap(([end, begin]) => steps.map(([when, step]) => [end, when, begin, step] as const));

  it.each(rows)('settles everything after %s, %s, and the peer sees it', async (_end, _when, begin, step) => {
    const accepted: Connection[] = [];
    const server = await startServer((connection) => void accepted.push(connection), {
      host: '127.0.0.1',
      port: 0,
      ...ofServer,
    });
    const dialed = await openConnection({ host: '127.0.0.1', port: server.port as number, ...ofClient });
    await until('it is accepted', () => accepted.length === 1);
    dialed.writer.write('go\n');
    await accepted[0]!.reader.readLine();
    const near = accepted[0]!;
    near.writer.write('x');
    await near.writer.flush();
    begin(near);
    step(() => near.reset());
    // A reset, or an end when FIN came first.
    const got = await dialed.reader.readAll().then(String, (error: { code: string }) => error.code);
    expect(got).toMatch(/^(x|ECONNRESET)$/);
    expect(await near.closed).toEqual({ by: 'local' });
    // The one that dialed, too.
    begin(dialed);
    step(() => dialed.reset());
    await Promise.all([dialed.closed, near.writer.waitClosed()]);
    await server.close({ timeout: 0 });
  });

  it('leaks no descriptor, and server.close() and abortClients() settle', async () => {
    const before = activeResources();
    const server = await startServer(
      async (connection) => {
        await connection.reader.readLine();
        connection.writer.writeEof();
        connection.reset();
      },
      { host: '127.0.0.1', port: 0, ...ofServer },
    );
    const dialed = await Promise.all(
      Array.from({ length: 30 }, () => openConnection({ host: '127.0.0.1', port: server.port as number, ...ofClient })),
    );
    for (const { writer } of dialed) writer.write('go\n');
    await Promise.all(dialed.map(({ reader }) => reader.readAll().catch(() => {})));
    for (const connection of dialed) {
      connection.writer.writeEof();
      connection.reset();
    }
    await Promise.all(dialed.map(({ closed }) => closed));
    server.abortClients();
    await server.close({ timeout: 0 });
    await until('all is closed', () => (activeResources().TCPSocketWrap ?? 0) <= (before.TCPSocketWrap ?? 0));
  });
});

describe('a TLS peer ends without close_notify', () => {
  // Node's TLS socket emits 'end' for a bare FIN as it does for close_notify, so the two cannot be told apart: data
  // that must not be cut short has to announce its length. `readExactly` and frames do.
  it('is an ordinary end for a server', async () => {
    let accepted!: (connection: Connection) => void;
    const accepting = new Promise<Connection>((resolve) => (accepted = resolve));
    const server = await startServer(accepted, { host: '127.0.0.1', port: 0, tls: SERVER_TLS });
    const { port } = server.address() as { port: number };
    const raw = connectRaw(port, '127.0.0.1');
    const client = connectTls({ socket: raw, ...CLIENT_TLS });
    client.write('part');
    const near = await accepting;
    expect(`${await near.reader.readExactly(4)}`).toBe('part');
    raw.end();
    expect(await near.reader.readAll()).toHaveLength(0);
    expect(near.reader.atEof()).toBe(true);
    expect(await failureOf(near.reader.readExactly(1))).toBeInstanceOf(IncompleteReadError);
    client.destroy();
    await near.close();
    await server.close();
  });

  it('is an ordinary end for a client', async () => {
    const sockets: Socket[] = [];
    const server = createTlsServer({ ...SERVER_TLS, allowHalfOpen: true }, (socket) => void socket.write('part'));
    server.on('connection', (socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const near = await openConnection({ host: '127.0.0.1', port, tls: CLIENT_TLS });
    expect(`${await near.reader.readExactly(4)}`).toBe('part');
    sockets[0]!.end();
    expect(await near.reader.readAll()).toHaveLength(0);
    expect(near.reader.atEof()).toBe(true);
    sockets[0]!.destroy();
    await near.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a reset that meets the session tickets of a TLS server', () => {
  it.each([
    ['of its own', true],
    ['of STARTTLS', false],
  ])('is reported as a reset, on a connection with TLS %s', async (_, tls) => {
    let near: Connection | undefined;
    const read = failureOf(
      (async () => {
        await until('it is accepted', () => near !== undefined);
        await near?.reader.readLine();
        // The reset arrives before the tickets have left.
        await turns(2);
        near?.writer.next('x');
        await near?.reader.readLine();
        await near?.closed.then(({ error }) => Promise.reject(error));
      })(),
    );
    const server = await startServer(
      async (connection) => {
        if (!tls) await connection.startTls(SERVER_TLS);
        near = connection;
        await connection.closed;
      },
      { host: '127.0.0.1', port: 0, ...(tls && { tls: SERVER_TLS }) },
    );
    const raw = connectRaw(server.port as number, '127.0.0.1');
    const secure = connectTls({ socket: raw, ...CLIENT_TLS }).on('error', () => {});
    secure.write('hello\n', () => raw.resetAndDestroy());
    expect(await read).toMatchObject({ code: 'ECONNRESET' });
    expect(await near?.closed).toMatchObject({ by: 'reset' });
    secure.destroy();
    await server.close({ timeout: 0 });
  });
});

describe('a reset that comes together with the last bytes', () => {
  it('is never treated as the end of the stream', async () => {
    const server = await startServer(
      async (connection) => {
        await connection.reader.readLine();
        connection.writer.write(Buffer.alloc(100_000, 'a row\n'));
        connection.reset();
      },
      { host: '127.0.0.1', port: 0 },
    );
    const outcomes: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      const client = await openConnection({ host: '127.0.0.1', port: server.port as number });
      client.writer.write('go\n');
      outcomes.push(await client.reader.readAll().then(String, ({ code }) => code));
      outcomes.push((await client.closed).by);
    }
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => ['ECONNRESET', 'reset']).flat());
    await server.close();
  });
});
