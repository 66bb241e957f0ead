// Proves that hostile clients cost a server bounded memory, leave nothing behind, and do not disturb the others.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectRaw, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { tap } from 'rxjs';
import {
  type CloseInfo,
  type Connection,
  decode,
  type FrameGenerator,
  LimitOverrunError,
  lines,
  openConnection,
  type Server,
  type ServerFailure,
  startServer,
  writeTo,
} from '../../src';
import { hex } from '../../src/testing';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { gone, messageFrom } from '../support/child';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { portOf } from '../support/portOf';
import { activeResources, bytesInUse } from '../support/resources';
import { turns, until } from '../support/until';

const KIB = 1024;
const MIB = 1024 * KIB;
const host = '127.0.0.1';

noUnhandledRejections();

const bySize: FrameGenerator<Buffer> = function* (read) {
  return yield* read.exactly((yield* read.exactly(4)).readUInt32BE());
};

describe('a server', () => {
  let server: Server;
  let failures: ServerFailure[];
  let infos: CloseInfo[];
  let before: Record<string, number>;
  const sockets: Socket[] = [];

  async function serve(handler: (connection: Connection) => unknown, options: object = {}): Promise<void> {
    before = activeResources();
    failures = [];
    infos = [];
    const recorded = (connection: Connection) => {
      void connection.closed.then((info) => infos.push(info));
      return handler(connection) as undefined;
    };
    server = await startServer(recorded, { host, port: 0, ...options });
    server.errors.subscribe((failure) => failures.push(failure));
  }

  function knock(): Socket {
    const socket = connectRaw({ port: portOf(server), host, allowHalfOpen: true });
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  }

  const echo = ({ reader, writer }: Connection) => reader.pipe(lines(), writeTo(writer));

  /** Sends a line to the server, and reads its echo. */
  async function proveServing(options: object = {}): Promise<void> {
    const good = await openConnection({ host, port: portOf(server), ...options });
    good.writer.write('good\n');
    expect(`${await good.reader.readExactly(4)}`).toBe('good');
    good.writer.close();
    await good.closed;
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close({ timeout: 1 });
    // No kind has more than before; the test runner's own timer may have gone meanwhile.
    await until('nothing is left', () =>
      Object.entries(activeResources()).every(([kind, count]) => count <= (before[kind] ?? 0)),
    );
  });

  describe('with thousands of clients at once', () => {
    const count = 2000;
    let child: ChildProcess;

    /** They connect, each says hello and stays; resolves with the numbers of answered and of rejected clients. */
    async function crowd(): Promise<{ answered: number; hungUp: number; bytes: number }> {
      const script = join(__dirname, '../support/crowd.js');
      child = spawn(process.execPath, [script, `${portOf(server)}`, `${count}`], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      return messageFrom(child);
    }

    /** Proves that an earlier client is answered all the time. Returns the number of answers. */
    async function talking(good: Connection, until: Promise<unknown>): Promise<number> {
      let over = false;
      void until.then(() => (over = true));
      let lines = 0;
      while (!over) {
        good.writer.write('still there?\n');
        expect(`${await good.reader.readExactly(12)}`).toBe('still there?');
        lines++;
      }
      return lines;
    }

    /** The additional memory after garbage collection: the engine frees buffers concurrently. */
    async function growth(memory: number, most: number): Promise<number> {
      let least = Number.POSITIVE_INFINITY;
      for (let look = 0; look < 20 && least >= most; look++) least = Math.min(least, (await bytesInUse()) - memory);
      return least;
    }

    afterEach(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await gone(child);
      }
    });

    it('serves all of them with bounded memory for each, and releases it', async () => {
      await serve(echo, { backlog: 2 * count });
      const good = await openConnection({ host, port: portOf(server) });
      const memory = await bytesInUse();
      const coming = crowd();
      expect(await talking(good, coming)).toBeGreaterThan(10);
      expect(await coming).toEqual({ answered: count, hungUp: 0, bytes: 5 * count });
      expect(await growth(memory, count * 20 * KIB)).toBeLessThan(count * 20 * KIB);
      child.send('leave');
      await until('all are gone', () => infos.length === count);
      expect(new Set(infos.map(({ by }) => by))).toEqual(new Set(['peer']));
      expect(failures).toEqual([]);
      expect(await growth(memory, 3 * MIB)).toBeLessThan(3 * MIB);
      good.destroy();
    }, 20_000);

    it('serves maxConnections of them, and disconnects the others without a byte', async () => {
      const most = 50;
      let [open, mostOpen] = [0, 0];
      const counting = (connection: Connection) => {
        mostOpen = Math.max(mostOpen, ++open);
        void connection.closed.then(() => open--);
        return echo(connection);
      };
      await serve(counting, { backlog: 2 * count, maxConnections: most });
      const good = await openConnection({ host, port: portOf(server) });
      good.writer.write('first\n');
      expect(`${await good.reader.readExactly(5)}`).toBe('first');
      const memory = await bytesInUse();
      const coming = crowd();
      expect(await talking(good, coming)).toBeGreaterThan(10);
      expect(await coming).toEqual({ answered: most - 1, hungUp: count - most + 1, bytes: 5 * (most - 1) });
      expect(mostOpen).toBe(most);
      expect(await growth(memory, 3 * MIB)).toBeLessThan(3 * MIB);
      child.send('leave');
      await until('all are gone', () => open === 1);
      expect(failures).toEqual([]);
      await proveServing();
      good.destroy();
    }, 20_000);
  });

  it('disconnects a crowd of slow lorises', async () => {
    await serve(echo, { frameTimeout: 25 });
    const count = 300;
    for (let i = 0; i < count; i++) knock().write('GET / HTTP/1.1');
    await proveServing();
    await until('all are gone', () => infos.length === count + 1);
    expect(failures).toHaveLength(count);
    for (const { error } of failures) expect(error).toMatchObject({ what: 'frame', timeout: 25 });
  });

  it('uses bounded memory for a client that reads nothing, with writeTo', async () => {
    let most = 0;
    await serve((connection) => {
      connection.writer.pressure$.subscribe(() => (most = Math.max(most, connection.writer.bufferedAmount)));
      return connection.reader.pipe(writeTo(connection.writer));
    });
    // Sends as fast as possible, and reads nothing of the echo.
    const socket = knock().pause();
    const block = Buffer.alloc(MIB, 'x');
    let turnsWithout = 0;
    let last = 0;
    while (turnsWithout < 50) {
      if (socket.writableLength < 4 * MIB) socket.write(block);
      await turns(1);
      const moved = socket.bytesWritten - socket.writableLength;
      turnsWithout = moved === last ? turnsWithout + 1 : 0;
      last = moved;
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(MIB);
    await proveServing();
  });

  it('breaks off a client that reads nothing, when the handler ignores pressure', async () => {
    await serve(({ writer, closed }) => {
      for (let i = 0; i < 100; i++) writer.next(Buffer.alloc(MIB));
      return closed;
    });
    knock().pause();
    await until('it is over', () => infos.length === 1);
    expect(infos[0]).toMatchObject({ by: 'local', error: { code: 'ERR_BUFFER_OVERFLOW', limit: 16 * MIB } });
  });

  const say = (text: string) => (socket: Socket) => void socket.write(text);
  const much = ({ writer }: Connection) => void writer.write(Buffer.alloc(8 * MIB));
  describe.each<[string, (connection: Connection) => unknown, (socket: Socket) => void]>([
    ['before anything', () => {}, () => {}],
    ['while a line is awaited', ({ reader }) => reader.readLine(), () => {}],
    ['in the middle of a line', ({ reader }) => reader.readLine(), say('half a li')],
    ['unread', () => new Promise(() => {}), say('unread\n')],
    ['while much waits to be sent', much, () => {}],
    [
      'while drain() and flush() wait',
      (connection) => {
        much(connection);
        return Promise.all([connection.writer.drain(), connection.writer.flush()]);
      },
      () => {},
    ],
    [
      'after we have ended',
      ({ writer, closed }) => {
        writer.writeEof();
        return closed;
      },
      () => {},
    ],
    [
      'while we close',
      (connection) => {
        much(connection);
        return connection.close();
      },
      () => {},
    ],
    [
      'after it has ended, noticed by a write',
      async ({ reader, writer, closed }) => {
        await reader.readAll();
        void closed.then(() => clearImmediate(writing));
        let writing = setImmediate(function write() {
          writer.next('are you there?');
          writing = setImmediate(write);
        });
        await closed;
      },
      (socket) => void socket.end('bye\n'),
    ],
    [
      'while the reader is held',
      ({ reader, closed }) => {
        reader.pause();
        return closed;
      },
      say('held\n'),
    ],
    ['while it is being echoed', echo, say('line\n'.repeat(10_000))],
  ])('survives a reset %s', (_, handler, prepare) => {
    it.each([
      ['over TCP', {}, false],
      ['over TLS', { tls: SERVER_TLS }, true],
    ] as const)('%s', async (__, options, secure) => {
      let first = true;
      await serve((connection) => {
        if (!first) return echo(connection);
        first = false;
        return handler(connection);
      }, options);
      const raw = knock();
      await once(raw, 'connect');
      const client = secure ? connectTls({ socket: raw, ...CLIENT_TLS }) : raw;
      client.on('error', () => {});
      if (secure) await once(client, 'secureConnect');
      prepare(client);
      await until('it is served', () => !first);
      await turns(10);
      raw.resetAndDestroy();
      await until('it is gone', () => infos.length > 0);
      expect(['reset', 'local', 'peer']).toContain(infos[0]!.by);
      if (infos[0]!.by === 'reset')
        expect(infos[0]!.error).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
      await proveServing(secure ? { tls: CLIENT_TLS } : {});
    });
  });

  it('survives garbage, silence, resets and half a handshake before TLS', async () => {
    await serve(echo, { tls: SERVER_TLS, handshakeTimeout: 40 });
    const garbage: [string, (socket: Socket) => void][] = [
      ['a request in the clear', (socket) => void socket.write('GET / HTTP/1.1\r\n\r\n')],
      ['zeros', (socket) => void socket.write(Buffer.alloc(64 * KIB))],
      ['a record that is too long', (socket) => void socket.write(Buffer.from([0x16, 3, 1, 0xff, 0xff, 1]))],
      ['an empty record', (socket) => void socket.write(Buffer.from([0x16, 3, 1, 0, 0]))],
      ['an alert', (socket) => void socket.write(Buffer.from([0x15, 3, 1, 0, 2, 2, 40]))],
      ['an end at once', (socket) => void socket.end()],
      ['an end in the middle', (socket) => void socket.end(Buffer.from([0x16, 3, 1]))],
      ['a reset at once', (socket) => void socket.resetAndDestroy()],
      ['a reset in the middle', (socket) => void socket.write('\x16\x03', () => socket.resetAndDestroy())],
      ['silence', () => {}],
      ['half a ClientHello', (socket) => void socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1]))],
    ];
    const rounds = 5;
    for (let round = 0; round < rounds; round++) {
      for (const [, talk] of garbage) {
        const socket = knock();
        socket.once('connect', () => talk(socket));
      }
    }
    await proveServing({ tls: CLIENT_TLS });
    await until('each is reported', () => failures.length >= rounds * garbage.length);
    await turns(5);
    expect(failures).toHaveLength(rounds * garbage.length);
    for (const { error, connection } of failures) {
      expect(connection).toBeUndefined();
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(ERR_SSL_\w+|ERR_SOCKET_TIMEOUT|ECONNRESET|EPROTO)$/),
      });
    }
    // The handler was called for none of them.
    expect(infos).toHaveLength(1);
  });

  it('survives clients that connect and leave faster than it can serve them', async () => {
    await serve(echo);
    for (let i = 0; i < 500; i++) {
      const socket = knock();
      if (i % 3 === 0) socket.destroy();
      else if (i % 3 === 1) socket.once('connect', () => socket.resetAndDestroy());
      else socket.once('connect', () => socket.destroy());
      if (i % 50 === 0) await turns(1);
    }
    await proveServing();
    await until('all are gone', () => infos.length > 0 && sockets.every(({ destroyed }) => destroyed));
  });
});

describe('a server that decodes frames', () => {
  let server: Server;
  let connections: Connection[];
  const failed: unknown[] = [];
  let most = 0;

  beforeEach(async () => {
    connections = [];
    failed.length = 0;
    most = 0;
    server = await startServer(
      (connection) => {
        const { reader, writer } = connection;
        return reader.pipe(
          decode(bySize),
          tap((frame) => {
            most = Math.max(most, reader.bufferedAmount);
            writer.write(frame);
          }),
        );
      },
      { host: '127.0.0.1', port: 0 },
    );
    server.errors.subscribe(({ error }) => failed.push(error));
  });

  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    await server.close({ timeout: 1 });
  });

  const dial = async () => {
    const connection = await openConnection({ host: '127.0.0.1', port: portOf(server) });
    connections.push(connection);
    return connection;
  };

  it('disconnects a client that announces a huge frame, and serves the others', async () => {
    const good = await dial();
    const bad = await dial();
    const ask = async (text: string) => {
      good.writer.write(Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]));
      return `${await good.reader.readExactly(text.length)}`;
    };
    expect(await ask('before')).toBe('before');
    bad.writer.write(hex`ffffffff`);
    await until('the bad one is cut off', () => failed.length === 1);
    expect(failed).toEqual([new LimitOverrunError(16 * MIB, 2 ** 32 + 3)]);
    await bad.reader.readAll().catch(() => 'reset');
    expect(await ask('after')).toBe('after');
  });

  it('serves the others while a client floods it with empty frames', async () => {
    const good = await dial();
    const bad = await dial();
    const zeros = Buffer.alloc(256 * KIB);
    let flooding = true;
    const flood = (async () => {
      while (flooding) {
        bad.writer.write(zeros);
        await Promise.race([bad.writer.drain(), bad.closed]);
      }
    })();
    for (let i = 0; i < 20; i++) {
      good.writer.write(hex`00000001 61`);
      expect(`${await good.reader.readExactly(1)}`).toBe('a');
      await turns(2);
    }
    flooding = false;
    bad.destroy();
    await flood.catch(() => {});
    expect(most).toBeLessThanOrEqual(1 * MIB);
    expect(failed.filter((error) => error instanceof LimitOverrunError)).toEqual([]);
  });
});
