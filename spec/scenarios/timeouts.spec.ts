// Proves what each timeout watches and what it ignores, in virtual time; and each of them once on real sockets.
import { connect as connectRaw } from 'node:net';
import { asyncScheduler, concatMap, NEVER, retry, Subject } from 'rxjs';
import {
  type CloseInfo,
  Connection,
  type ConnectionOptions,
  decode,
  delimited,
  lines,
  openConnection,
  readExactly,
  readLine,
  type SocketTimeoutError,
  startServer,
} from '../../src';
import { type MarbleHelpers, type PressureMarble, runMarbles } from '../../src/testing';
import type { TransportUpgrade } from '../../src/transports/Transport';
import { SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { handTransport } from '../support/handTransport';
import { portOf } from '../support/portOf';
import { rawServer } from '../support/rawServer';
import { type Ends, ways } from '../support/transports';
import { turns, until } from '../support/until';

/** When a connection is ended, and by which timeout, in virtual time: `'idle at 30'`; `''` if never. */
function ended(
  [incoming, chunks, options]: Parameters<MarbleHelpers['connection']>,
  use: (connection: Connection, at: (time: number, task: () => void) => void) => void = () => {},
): string {
  let told = '';
  runMarbles(({ scheduler, connection: open }) => {
    const connection = open(incoming, chunks, options);
    const at = (time: number, task: () => void) => void scheduler.schedule(task, time);
    connection.closed$.subscribe(({ by, error }) => {
      if (by === 'timeout') told = `${(error as SocketTimeoutError).what} at ${scheduler.now()}`;
    });
    use(connection, at);
    at(500, () => connection.destroy());
  });
  return told;
}

describe('idleTimeout', () => {
  it('ends a connection without traffic', () => {
    expect(ended(['', {}, { idleTimeout: 30 }])).toBe('idle at 30');
  });

  it('starts anew with each byte in either direction', () => {
    expect(ended(['20ms a 19ms b', {}, { idleTimeout: 30 }])).toBe('idle at 70');
    expect(ended(['', {}, { idleTimeout: 30 }], ({ writer }, at) => at(25, () => writer.write('x')))).toBe(
      'idle at 55',
    );
  });
});

describe('readIdleTimeout', () => {
  it('ends a connection whose peer is silent, whatever we write', () => {
    expect(
      ended(['', {}, { readIdleTimeout: 30 }], ({ writer }, at) => {
        for (let time = 0; time < 60; time += 5) at(time, () => writer.isClosing() || writer.write('x'));
      }),
    ).toBe('read-idle at 30');
  });

  it('starts anew with each byte', () => {
    expect(ended(['29ms a 28ms b', {}, { readIdleTimeout: 30 }])).toBe('read-idle at 88');
  });

  const full = { limit: 4, readIdleTimeout: 30 };

  it('does not count while the peer is paused', () => {
    expect(ended(['5ms a', { a: 'more than twice the limit' }, { ...full }])).toBe('');
  });

  it('starts anew at the resume, also right after a check', () => {
    // Checks are at 30, 35 (the first byte came at 5)…; it resumes at 34, and would end at 35 if the pause were
    // counted.
    for (const time of [20, 34, 35, 36, 64, 65, 66]) {
      const told = ended(['5ms a', { a: 'more than twice the limit' }, { ...full }], ({ reader }, at) =>
        at(time, () => void reader.read(100)),
      );
      expect(told).toBe(`read-idle at ${time + 30}`);
    }
  });

  it('stops when the peer has ended', () => {
    expect(
      ended(['5ms a 5ms |', {}, { readIdleTimeout: 30 }], ({ reader, writer }, at) => {
        reader.subscribe({ error: () => {} });
        for (let time = 20; time < 200; time += 20) at(time, () => writer.write('a long reply'));
      }),
    ).toBe('');
  });
});

describe('writeIdleTimeout', () => {
  it('ends a connection whose peer takes nothing', () => {
    expect(
      ended(['', {}, { writeIdleTimeout: 30, pressure: NEVER }], ({ writer }, at) =>
        at(50, () => writer.write('stuck')),
      ),
    ).toBe('write-idle at 80');
  });

  it.each([10, 29, 30, 31, 59, 60, 61])('gives the whole time to bytes that are written at %d', (time) => {
    expect(
      ended(['', {}, { writeIdleTimeout: 30, pressure: NEVER }], ({ writer }, at) =>
        at(time, () => writer.write('stuck')),
      ),
    ).toBe(`write-idle at ${time + 30}`);
  });

  it('never ends a connection without queued bytes', () => {
    expect(
      ended(['', {}, { writeIdleTimeout: 30 }], ({ writer }, at) => at(10, () => writer.write('taken at once'))),
    ).toBe('');
  });

  it('starts anew with all bytes that the peer takes, however slowly', () => {
    const taken = new Subject<PressureMarble>();
    expect(
      ended(['', {}, { writeIdleTimeout: 30, pressure: taken }], ({ writer }, at) => {
        at(10, () => writer.write(Buffer.alloc(1024 * 1024)));
        at(39, () => taken.next('x'));
        at(60, () => taken.next('x'));
      }),
    ).toBe('write-idle at 90');
  });
});

describe('frameTimeout', () => {
  const slow = 'a 9ms b 9ms c 9ms d 9ms e 9ms f';

  it('ends a connection whose peer does not finish its line, whatever else it sends', () => {
    expect(
      ended([slow, {}, { frameTimeout: 30 }], ({ reader }) => void reader.pipe(lines()).subscribe({ error: () => {} })),
    ).toBe('frame at 30');
  });

  it('gives each frame the time from its first byte to its last', () => {
    const options: Parameters<typeof ended>[0] = ['a 19ms b 19ms c 19ms d 19ms e 19ms f', {}, { frameTimeout: 30 }];
    expect(ended(options, ({ reader }) => void reader.pipe(readExactly(2)).subscribe({ error: () => {} }))).toBe('');
    expect(ended(options, ({ reader }) => void reader.pipe(readExactly(3)).subscribe({ error: () => {} }))).toBe(
      'frame at 30',
    );
  });

  it('ignores silence between frames', () => {
    expect(
      ended(
        ['a 200ms b', { a: 'line\n', b: 'line\n' }, { frameTimeout: 30 }],
        ({ reader }) => void reader.pipe(lines()).subscribe({ error: () => {} }),
      ),
    ).toBe('');
  });

  it('applies to a frame that begins after another in the same chunk', () => {
    expect(
      ended(
        ['7ms a', { a: 'line\nand a half' }, { frameTimeout: 30 }],
        ({ reader }) => void reader.pipe(lines()).subscribe({ error: () => {} }),
      ),
    ).toBe('frame at 37');
  });

  it('does not apply when nobody reads', () => {
    expect(ended([slow, {}, { frameTimeout: 30 }])).toBe('');
  });

  it('does not apply to chunks, which are complete on arrival', () => {
    expect(ended([slow, {}, { frameTimeout: 30 }], ({ reader }) => void reader.subscribe({ error: () => {} }))).toBe(
      '',
    );
  });

  it('excludes the time of a hold, and counts the rest', () => {
    // Held from 20 on, for that long: 10 of the 30 are left, whether the limit would have passed meanwhile or not.
    for (const [held, at30] of [
      [1, 31],
      [5, 35],
      [10, 40],
      [30, 60],
      [200, 230],
    ] as const) {
      expect(
        ended(['a', {}, { frameTimeout: 30 }], ({ reader }, at) => {
          reader.pipe(lines()).subscribe({ error: () => {} });
          at(20, () => at(held, reader.pause()));
        }),
      ).toBe(`frame at ${at30}`);
    }
  });

  it('adds up the time between holds, however many there are', () => {
    expect(
      ended(['a', {}, { frameTimeout: 30 }], ({ reader }, at) => {
        reader.pipe(lines()).subscribe({ error: () => {} });
        for (let time = 5; time < 200; time += 10) at(time, () => at(5, reader.pause()));
      }),
    ).toBe('frame at 60');
  });

  it('counts nothing while one of several holds lasts', () => {
    expect(
      ended(['a', {}, { frameTimeout: 30 }], ({ reader }, at) => {
        reader.pipe(lines()).subscribe({ error: () => {} });
        at(10, () => at(20, reader.pause()));
        at(20, () => at(20, reader.pause()));
      }),
    ).toBe('frame at 60');
  });

  it('does not end a peer that finishes its line in time after a hold', () => {
    expect(
      ended(['a 249ms b', { a: 'half', b: ' a line\n' }, { frameTimeout: 200 }], ({ reader }, at) => {
        reader.pipe(lines()).subscribe({ error: () => {} });
        at(20, () => at(150, reader.pause()));
      }),
    ).toBe('');
  });

  it('excludes the time in which nobody reads', () => {
    expect(
      ended(['a', {}, { frameTimeout: 30 }], ({ reader }, at) => {
        const first = reader.pipe(lines()).subscribe({ error: () => {} });
        at(20, () => first.unsubscribe());
        at(50, () => reader.pipe(readExactly(2)).subscribe({ error: () => {} }));
      }),
    ).toBe('frame at 60');
  });

  describe('on a line over the limit that is being dropped', () => {
    const options = { frameTimeout: 30, limit: 4 };
    const dribble = ' 9ms x'.repeat(20);
    const readOn: [string, (connection: Connection) => void][] = [
      ['lines() under retry', ({ reader }) => void reader.pipe(lines(), retry(3)).subscribe({ error: () => {} })],
      ['readLine() under retry', ({ reader }) => void reader.pipe(readLine(), retry(3)).subscribe({ error: () => {} })],
      [
        'a codec that skips it',
        ({ reader }) =>
          void reader.pipe(decode(delimited('\n', { onOverrun: () => {} }))).subscribe({ error: () => {} }),
      ],
    ];

    it.each(readOn)('ends a peer that never ends the line: %s', (_, use) => {
      expect(ended([`a${dribble}`, { a: 'too long' }, options], use)).toBe('frame at 30');
    });

    it.each(readOn)('counts from the first byte of the line: %s', (_, use) => {
      expect(ended([`a 19ms b${dribble}`, { a: 'ok\ntoo', b: ' long' }, options], use)).toBe('frame at 30');
    });

    it.each(readOn)('keeps a peer that ends the line in time: %s', (_, use) => {
      expect(ended(['a 25ms b 400ms c', { a: 'too long', b: '\n', c: 'next\n' }, options], use)).toBe('');
    });

    it.each(readOn)('gives the next line its own time: %s', (_, use) => {
      expect(ended(['a 19ms b', { a: 'too long', b: '!\nhi' }, options], use)).toBe('frame at 50');
    });

    it('excludes the time of a hold', () => {
      expect(
        ended([`a${dribble}`, { a: 'too long' }, options], ({ reader }, at) => {
          reader.pipe(lines(), retry(3)).subscribe({ error: () => {} });
          at(15, () => at(20, reader.pause()));
        }),
      ).toBe('frame at 50');
    });
  });
});

describe('the timeout of a read', () => {
  it('rejects that read, consumes nothing, and leaves the connection', async () => {
    let reading!: Promise<unknown>;
    runMarbles(({ connection, cold, expectObservable }) => {
      const { reader } = connection('5ms a 50ms b', { a: 'par', b: 't\n' });
      reading = failureOf(reader.readLine({ timeout: 20 }));
      cold('21ms a').subscribe(() => expect(reader.bufferedAmount).toBe(3));
      expectObservable(cold('30ms a').pipe(concatMap(() => reader.pipe(lines())))).toBe('56ms a', { a: 'part' });
    });
    expect(await reading).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'read', timeout: 20 });
  });
});

describe('a time limit leaves no timer', () => {
  const all: ConnectionOptions = { idleTimeout: 100, readIdleTimeout: 100, writeIdleTimeout: 100, frameTimeout: 100 };

  it.each(ways)('over $way', async ({ kind, role }) => {
    const started = jest.spyOn(global, 'setInterval');
    const cleared = jest.spyOn(global, 'clearInterval');
    const ends: Ends = await kind.open(role, all);
    const reading = ends.near.reader.readLine().catch(() => {});
    ends.far.writer.write('half a line');
    ends.near.writer.write('x');
    await until('it has arrived', () => ends.near.bytesRead === 11);
    await ends.release();
    await reading;
    const timers = started.mock.results.map(({ value }) => value as unknown);
    const gone = new Set(cleared.mock.calls.map(([timer]) => timer as unknown));
    expect(timers.length).toBeGreaterThanOrEqual(1);
    expect(timers.filter((timer) => !gone.has(timer))).toEqual([]);
    started.mockRestore();
    cleared.mockRestore();
  });
});

describe('a time limit on real sockets', () => {
  const host = '127.0.0.1';

  it('connectTimeout ends a connection whose peer does not answer the TLS handshake', async () => {
    const { port, close } = await rawServer();
    const error = await failureOf(
      openConnection({ host, port, tls: { rejectUnauthorized: false }, connectTimeout: 20 }),
    );
    expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'connect', timeout: 20 });
    await close();
  });

  describe('handshakeTimeout for a silent server', () => {
    const tls = { rejectUnauthorized: false };

    it('destroys the socket after that time', async () => {
      const { port, sockets, close } = await rawServer((socket) => socket.resume());
      const error = await failureOf(openConnection({ host, port, tls, handshakeTimeout: 20 }));
      expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'handshake', timeout: 20 });
      await until('it has closed', () => sockets[0]!.readableEnded || sockets[0]!.destroyed);
      await close();
    });

    it.each([
      ['60 s by default', {}, 60_000],
      ['unlimited with 0', { handshakeTimeout: 0 }, undefined],
      ['unused without TLS', { tls: undefined }, undefined],
    ])('is %s', async (_, options, expected) => {
      const { port, sockets, close } = await rawServer();
      const schedule = jest.spyOn(asyncScheduler, 'schedule');
      const controller = new AbortController();
      const opening = openConnection({ host, port, tls, ...options, signal: controller.signal }).catch(() => {});
      await until('it is connected', () => sockets.length === 1);
      await turns(5);
      expect(schedule.mock.calls.map(([, delay]) => delay)).toEqual(expected === undefined ? [] : [expected]);
      schedule.mockRestore();
      controller.abort();
      await opening;
      await close();
    });

    it('gives way to a shorter connectTimeout', async () => {
      const { port, close } = await rawServer();
      const error = await failureOf(openConnection({ host, port, tls, connectTimeout: 20, handshakeTimeout: 1000 }));
      expect(error).toMatchObject({ what: 'connect', timeout: 20 });
      await close();
    });
  });

  it('handshakeTimeout cuts off a client that sends its ClientHello byte by byte', async () => {
    const server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS, handshakeTimeout: 60 });
    const failures: unknown[] = [];
    server.errors.subscribe(({ error }) => failures.push(error));
    const client = await openConnection({ host, port: portOf(server) });
    // The beginning of a record of 512 bytes, and then one byte at a time.
    client.writer.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]));
    let sent = 0;
    const trickle = () => {
      if (client.signal.aborted || client.reader.atEof()) return;
      if (sent++ < 400 && !client.writer.isClosing()) client.writer.write('\0');
      setImmediate(trickle);
    };
    trickle();
    await client.reader.readAll().catch(() => {});
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_SOCKET_TIMEOUT', what: 'handshake', timeout: 60 })]);
    client.destroy();
    await server.close();
  });

  it.each<[string, ConnectionOptions, string]>([
    ['a silent client', { readIdleTimeout: 20 }, ''],
    ['a slow loris', { frameTimeout: 20 }, 'GET / HTTP/1.1'],
    ['an idle client', { idleTimeout: 20 }, ''],
  ])('cuts off %s, and the server serves the others', async (_, options, said) => {
    const server = await startServer(async ({ reader, writer }) => writer.write(await reader.readLine()), {
      host,
      port: 0,
      ...options,
    });
    const failures: unknown[] = [];
    server.errors.subscribe(({ error }) => failures.push(error));
    const client = await openConnection({ host, port: portOf(server) });
    client.writer.write(said);
    expect(await client.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_SOCKET_TIMEOUT' })]);
    const good = await openConnection({ host, port: portOf(server) });
    good.writer.write('quick\n');
    expect(`${await good.reader.readAll()}`).toBe('quick\n');
    good.destroy();
    client.destroy();
    await server.close();
  });

  it('cuts off a client that never reads the reply', async () => {
    const infos: CloseInfo[] = [];
    const server = await startServer(
      ({ writer, closed }) => {
        writer.write(Buffer.alloc(16 * 1024 * 1024 - 1));
        return closed.then((info) => infos.push(info));
      },
      { host, port: 0, writeIdleTimeout: 30 },
    );
    const client = connectRaw(portOf(server), host).pause();
    await until('it is cut off', () => infos.length > 0);
    expect(infos).toEqual([{ by: 'timeout', error: expect.objectContaining({ what: 'write-idle', timeout: 30 }) }]);
    client.destroy();
    await server.close();
  });
});

describe('writeIdleTimeout and an upgrade to TLS', () => {
  /** When it ends a connection that upgrades at 0, has sent the earlier bytes at `sent`, and is secure at `secured`. */
  function endedUpgrading(sent: number, secured: number): string {
    let told = 'never';
    runMarbles(({ scheduler }) => {
      const at = (time: number, task: () => void) => void scheduler.schedule(task, time);
      const start: TransportUpgrade['start'] = (_head, _discard, done) => {
        at(secured - scheduler.now(), () => done(undefined, handTransport()));
      };
      const plain = handTransport();
      const upgrade: TransportUpgrade = { side: 'server', unread: 0, start };
      const transport = Object.assign(plain, { startTls: () => upgrade });
      const connection = new Connection(transport, { writeIdleTimeout: 10 });
      connection.writer.write('go ahead');
      plain.turn();
      connection.startTls({ handshakeTimeout: 0 }).catch((error: SocketTimeoutError) => {
        if (error.what !== 'write-idle') throw error;
      });
      connection.writer.write('waits for the handshake');
      connection.writer.pressure$.subscribe({ complete: () => (told = `at ${scheduler.now()}`) });
      at(sent, () => plain.busy && plain.take());
      at(500, () => connection.destroy());
    });
    return told;
  }

  it.each<[string, number, number, string]>([
    ['counts while the bytes written before are not taken', 50, 60, 'at 10'],
    ['does not count during the handshake', 5, 200, 'at 210'],
    ['does not end a connection whose handshake takes long', 5, 499, 'at 500'],
  ])('%s', (_, sent, secured, end) => {
    expect(endedUpgrading(sent, secured)).toBe(end);
  });
});
