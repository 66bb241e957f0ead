// Proves that peers who mean no good cost bounded memory, leave nothing behind, and do not disturb the others.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectRaw, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import {
  ByteBuffer,
  type CloseInfo,
  Connection,
  lines,
  openConnection,
  type Server,
  type ServerFailure,
  startServer,
  writeTo,
} from '../../src';
import { random } from '../../src/testing/random';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { handTransport } from '../support/handTransport';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { portOf } from '../support/portOf';
import { activeResources, bytesInUse } from '../support/resources';
import { turns, until } from '../support/until';

const KIB = 1024;
const MIB = 1024 * KIB;
const host = '127.0.0.1';

noUnhandledRejections();

/** A chunk as a socket gives it: in memory of its own. */
const chunkOf = (bytes: string) => {
  const chunk = Buffer.from(new ArrayBuffer(bytes.length));
  chunk.write(bytes);
  return chunk;
};

describe('a flood of tiny chunks', () => {
  it('takes memory for its bytes, and not for its chunks, while nobody reads', async () => {
    const transport = handTransport();
    const { reader } = new Connection(transport);
    const before = await bytesInUse();
    for (let i = 0; i < 128 * KIB; i++) transport.events.onData(chunkOf('x'));
    expect(transport.asked).toEqual([]);
    transport.events.onData(chunkOf('x'));
    expect(transport.asked).toEqual(['pause']);
    // 128 KiB and what a few chunks cost; one by one they are more than 20 MiB.
    expect((await bytesInUse()) - before).toBeLessThan(2 * MIB);
    expect((await reader.readExactly(128 * KIB + 1)).equals(Buffer.alloc(128 * KIB + 1, 'x'))).toBe(true);
  });

  it('takes memory for its bytes while it is echoed and not read', async () => {
    const transport = handTransport();
    const { reader, writer } = new Connection(transport);
    reader.subscribe(writer);
    const before = await bytesInUse();
    for (let i = 0; i < 150_000; i++) transport.events.onData(chunkOf('x'));
    transport.turn();
    expect(writer.bufferedAmount).toBe(150_000);
    expect((await bytesInUse()) - before).toBeLessThan(8 * MIB);
    while (writer.bufferedAmount > 0) transport.take();
    expect(transport.writes.join('') === 'x'.repeat(150_000)).toBe(true);
  });

  it('is read as it was sent, whatever is read in between, and however it is cut', () => {
    const next = random(1);
    const buffer = new ByteBuffer();
    let model = '';
    let sent = 0;
    const kept: [Buffer, string][] = [];
    for (let step = 0; step < 6000; step++) {
      const size = next(100) === 0 ? 600 + next(2000) : 1 + next(next(10) === 0 ? 500 : 20);
      let text = '';
      while (text.length < size) text += next(7) === 0 ? '\n' : String.fromCharCode(97 + (sent++ % 26));
      buffer.append(chunkOf(text));
      model += text;
      if (next(40) > 0) continue;
      const from = next(model.length);
      expect(buffer.indexOf('\n', from)).toBe(model.indexOf('\n', from));
      expect(buffer.indexOf('z\na')).toBe(model.indexOf('z\na'));
      expect(`${buffer.peek(40, from)}`).toBe(model.slice(from, from + 40));
      expect(buffer.at(from)).toBe(model.charCodeAt(from));
      const taken = next(4) === 0 ? model.length : next(model.length);
      kept.push([buffer.take(taken), model.slice(0, taken)]);
      model = model.slice(taken);
      expect(buffer.length).toBe(model.length);
    }
    // What was handed out is not written over by what came later.
    for (const [frame, text] of kept) expect(`${frame}` === text).toBe(true);
  });

  it('is written as it was, with larger chunks in between, across the marks and an upgrade', () => {
    const next = random(2);
    const transport = handTransport();
    const { writer } = new Connection(transport);
    let expected = '';
    let fence = -1;
    let taken = 0;
    const take = () => {
      if (transport.writes.length === taken) transport.turn();
      taken++;
      transport.take();
    };
    for (let step = 0; step < 20_000; step++) {
      const text = String.fromCharCode(97 + (step % 26)).repeat(next(200) === 0 ? 513 + next(3000) : 1 + next(30));
      expected += text;
      writer.write(next(2) === 0 ? text : chunkOf(text));
      if (step === 10_000) {
        // As `startTls` does: what was written before leaves, the rest waits.
        fence = expected.length;
        writer.suspend(() => {});
      }
      if (next(500) === 0) transport.turn();
      if (next(3000) === 0 && transport.writes.length > taken) take();
    }
    while (writer.bytesWritten < fence) take();
    expect(transport.writes.join('') === expected.slice(0, fence)).toBe(true);
    writer.resume(transport);
    while (writer.bufferedAmount > 0) take();
    expect(transport.writes.join('') === expected).toBe(true);
  });
});

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

  /** Says a line to the server, and hears it. */
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
    await until('nothing is left', () => JSON.stringify(activeResources()) === JSON.stringify(before));
  });

  describe('to which thousands come at once', () => {
    const count = 2000;
    let child: ChildProcess;

    /** They come, each says hello and stays; resolves with how many were answered, and how many hung up on. */
    async function crowd(): Promise<{ answered: number; hungUp: number; bytes: number }> {
      const script = join(__dirname, '../support/crowd.js');
      child = spawn(process.execPath, [script, `${portOf(server)}`, `${count}`], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const [told] = (await once(child, 'message')) as [{ answered: number; hungUp: number; bytes: number }];
      return told;
    }

    /** One who was there before is answered all the while. */
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

    /** How much more is in use, once the engine has given back what is garbage: buffers are freed beside the program. */
    async function growth(memory: number, most: number): Promise<number> {
      let least = Number.POSITIVE_INFINITY;
      for (let look = 0; look < 20 && least >= most; look++) least = Math.min(least, (await bytesInUse()) - memory);
      return least;
    }

    afterEach(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, 'exit');
      }
    });

    it('serves all, in so much memory for each, and keeps none of it', async () => {
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

    it('serves as many as may be, and hangs up on the others without a byte', async () => {
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

  it('is rid of a crowd of slow lorises', async () => {
    await serve(echo, { frameTimeout: 25 });
    const count = 300;
    for (let i = 0; i < count; i++) knock().write('GET / HTTP/1.1');
    await proveServing();
    await until('all are gone', () => infos.length === count + 1);
    expect(failures).toHaveLength(count);
    for (const { error } of failures) expect(error).toMatchObject({ what: 'frame', timeout: 25 });
  });

  it('holds what nobody reads in bounded memory, with writeTo', async () => {
    let most = 0;
    await serve((connection) => {
      connection.writer.pressure$.subscribe(() => (most = Math.max(most, connection.writer.bufferedAmount)));
      return connection.reader.pipe(writeTo(connection.writer));
    });
    // Sends as fast as it can, and reads nothing of the echo.
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

  it('gives up on who asks for much and takes nothing, where it writes without looking', async () => {
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
      'while somebody drains and flushes',
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
      'after it has ended, which a write shows',
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
      ['a record of nothing', (socket) => void socket.write(Buffer.from([0x16, 3, 1, 0, 0]))],
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
    await until('each is told of', () => failures.length >= rounds * garbage.length);
    await turns(5);
    expect(failures).toHaveLength(rounds * garbage.length);
    for (const { error, connection } of failures) {
      expect(connection).toBeUndefined();
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(ERR_SSL_\w+|ERR_SOCKET_TIMEOUT|ECONNRESET|EPROTO)$/),
      });
    }
    // Nobody of them was ever served.
    expect(infos).toHaveLength(1);
  });

  it('survives clients that come and go faster than they can be served', async () => {
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
