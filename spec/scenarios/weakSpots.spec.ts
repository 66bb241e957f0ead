// Proves that the weak spots of Python's asyncio streams are not in this library.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectRaw } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { firstValueFrom } from 'rxjs';
import {
  BufferOverflowError,
  type CloseInfo,
  Connection,
  ConnectionClosedError,
  connect,
  connectionPair,
  IncompleteReadError,
  LimitOverrunError,
  lines,
  openConnection,
  PlaintextPendingError,
  ReaderBusyError,
  readLine,
  type Server,
  type ServerFailure,
  SocketTimeoutError,
  startServer,
  writeTo,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { countScans } from '../support/countScans';
import { failureOf } from '../support/failureOf';
import { handTransport } from '../support/handTransport';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { plainPair } from '../support/plainPair';
import { portOf } from '../support/portOf';
import { rawServer } from '../support/rawServer';
import { collectGarbage } from '../support/resources';
import { transports } from '../support/transports';
import { turns, until } from '../support/until';

const MIB = 1024 * 1024;
const host = '127.0.0.1';

noUnhandledRejections();

const [TCP, TLS] = [transports[0]!, transports[1]!];

describe('closing', () => {
  it.each(transports)('close() ends in time with a peer that does not read, over $name', async ({ open }) => {
    const { near, release } = await open('client');
    near.writer.write(Buffer.alloc(8 * MIB));
    expect(await near.close({ timeout: 15 })).toMatchObject({ by: 'timeout', error: { what: 'close' } });
    await near.writer.waitClosed();
    await release();
  });

  it('waitClosed() without close() waits for no longer than the connection lasts', async () => {
    const { near, far, release } = await TCP.open('client');
    const waiting = near.writer.waitClosed();
    await Promise.all([far.close({ timeout: 5 }), near.close({ timeout: 5 })]);
    await waiting;
    await release();
  });

  it('one waiter that gives up does not poison the others', async () => {
    const { near, far, release } = await TCP.open('client');
    const given = new AbortController();
    near.writer.write(Buffer.alloc(8 * MIB));
    const impatient = failureOf(near.writer.drain({ signal: given.signal }));
    const hurried = failureOf(near.writer.flush({ timeout: 5 }));
    const patient = near.writer.drain();
    given.abort(new Error('enough'));
    expect(await impatient).toMatchObject({ message: 'enough' });
    expect(await hurried).toBeInstanceOf(SocketTimeoutError);
    await far.reader.readExactly(8 * MIB);
    await patient;
    const closing = Promise.all([near.writer.waitClosed(), near.closed, near.closed]);
    await Promise.all([near.close(), far.close()]);
    await closing;
    await release();
  });

  it('write after close() throws at once, over TCP as over TLS', async () => {
    for (const kind of [TCP, TLS]) {
      const { near, release } = await kind.open('client');
      near.writer.write(Buffer.alloc(MIB));
      void near.close();
      expect(() => near.writer.write('late')).toThrow(ConnectionClosedError);
      await release();
      expect(() => near.writer.write('later')).toThrow(ConnectionClosedError);
    }
  });

  it('everything that was written before close() arrives', async () => {
    for (const kind of transports) {
      const { near, far, release } = await kind.open('server');
      for (let i = 0; i < 50; i++) near.writer.write(Buffer.alloc(40_000, `${i}`));
      void near.close();
      expect(await far.reader.readAll()).toHaveLength(2_000_000);
      await release();
    }
  });

  it('every method may be called in every state, any number of times', async () => {
    for (const kind of [TCP, TLS]) {
      const { near, release } = await kind.open('client');
      for (let round = 0; round < 3; round++) {
        void near.close();
        near.writer.close();
        near.writer.writeEof();
        near.writer.complete();
        near.writer.next('nothing');
        near.destroy();
        near.reset();
        near.writer.error(new Error('too late'));
        expect(near.writer.isClosing()).toBe(true);
        expect(near.writer.canWriteEof()).toBe(true);
        near.reader.pause()();
        near.reader.peek(1);
        void near.reader.read(1).catch(() => {});
        void near.writer.drain().catch(() => {});
        near.writer.getExtraInfo('peername');
        void near.startTls(CLIENT_TLS).catch(() => {});
        await near.closed;
      }
      await release();
    }
  });
});

describe('failing', () => {
  async function brokenOff() {
    const { near, far, release } = await TCP.open('client');
    far.writer.write('the reply\n');
    await far.writer.flush();
    await until('it has arrived', () => near.bytesRead === 10);
    const collected = failureOf(near.reader.readAll());
    far.reset();
    const { error } = await near.closed;
    return { near, error, collected, release };
  }

  it('what arrived before a reset is read before its error, and readAll() loses nothing', async () => {
    const { near, error, collected, release } = await brokenOff();
    expect(await collected).toBe(error);
    expect(`${await near.reader.readLine()}`).toBe('the reply\n');
    expect(await failureOf(near.reader.readLine())).toBe(error);
    await release();
  });

  it('a readAll() that is cancelled loses nothing either', async () => {
    const [near, far] = connectionPair();
    far.writer.write('collected');
    await turns(2);
    const given = new AbortController();
    const reading = failureOf(near.reader.readAll({ signal: given.signal }));
    far.writer.write(' so far');
    await until('it has arrived', () => near.bytesRead === 16);
    given.abort(new Error('enough'));
    expect(await reading).toMatchObject({ message: 'enough' });
    expect(`${await near.reader.readExactly(16)}`).toBe('collected so far');
    far.destroy();
    near.destroy();
  });

  it('drain() and flush() do not succeed with bytes that were discarded, and do after a clean close', async () => {
    const { near, far, release } = await TCP.open('client');
    near.writer.write(Buffer.alloc(8 * MIB));
    const waiting = [near.writer.drain(), near.writer.flush()].map(failureOf);
    const { bufferedAmount } = near.writer;
    expect(bufferedAmount).toBeGreaterThan(0);
    near.destroy();
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(ConnectionClosedError);
      expect(error).toMatchObject({ discarded: bufferedAmount });
    }
    await release();
    const other = await TCP.open('client');
    other.near.writer.write('all of it');
    await Promise.all([other.near.close(), other.far.close()]);
    await other.near.writer.drain();
    await other.near.writer.flush();
    void far;
    await other.release();
  });

  it('each waiter gets an error of its own; closed resolves', async () => {
    const { near, far, release } = await TCP.open('client');
    near.writer.write(Buffer.alloc(8 * MIB));
    const waiting = [near.writer.drain(), near.writer.drain(), near.writer.flush()].map(failureOf);
    await until('the peer has some', () => far.bytesRead > 0);
    far.reset();
    const info: CloseInfo = await near.closed;
    const errors = await Promise.all(waiting);
    expect(new Set(errors).size).toBe(3);
    for (const error of errors) expect((error as Error).cause).toBe(info.error);
    await near.writer.waitClosed();
    await release();
  });

  it('who is full is told as soon as it reads, or when a write fails', async () => {
    const { near, far, release } = await TCP.open('client', { limit: 1024 });
    // More than one chunk of the socket: the end is behind what is not read.
    far.writer.write(Buffer.alloc(256 * 1024));
    far.writer.writeEof();
    await until('it is full', () => near.reader.bufferedAmount >= 2048);
    await turns(20);
    expect(near.reader.atEof()).toBe(false);
    expect(await near.reader.readAll()).toHaveLength(256 * 1024);
    expect(near.reader.atEof()).toBe(true);
    await release();
    const other = await TCP.open('client', { limit: 1024 });
    other.far.writer.write(Buffer.alloc(256 * 1024));
    await until('it is full', () => other.near.reader.bufferedAmount >= 2048);
    await turns(20);
    other.far.reset();
    await other.far.closed;
    await turns(20);
    expect(other.near.signal.aborted).toBe(false);
    other.near.writer.write('are you there?');
    expect(await other.near.closed).toMatchObject({ by: 'reset', error: { syscall: 'write' } });
    await other.release();
  });

  it('a release after the end does nothing', async () => {
    const [near, far] = connectionPair({ limit: 1024 });
    far.writer.write(Buffer.alloc(4096));
    await until('it is full', () => near.reader.bufferedAmount >= 2048);
    const release = near.reader.pause();
    near.destroy();
    await near.closed;
    expect(() => {
      release();
      release();
    }).not.toThrow();
    far.destroy();
  });
});

describe('serving', () => {
  let server: Server;
  let accepted: Connection[];
  let failures: ServerFailure[];

  async function serve(handler: (connection: Connection) => unknown, options: object = {}): Promise<void> {
    accepted = [];
    failures = [];
    server = await startServer(
      (connection) => {
        accepted.push(connection);
        return handler(connection) as undefined;
      },
      { host, port: 0, ...options },
    );
    server.errors.subscribe((failure) => failures.push(failure));
  }

  const dial = (options: object = {}) => openConnection({ host, port: portOf(server), ...options });

  afterEach(async () => {
    server?.abortClients();
    await server?.close({ timeout: 1 });
  });

  it('close() does not hang on idle clients', async () => {
    await serve(({ closed }) => closed);
    const idle = [await dial(), await dial()];
    await until('they are served', () => accepted.length === 2);
    await server.close({ timeout: 10 });
    await server.waitClosed();
    for (const client of idle) client.destroy();
  });

  it('a connection lives as long as its handler; who has gone is told of by a signal', async () => {
    let aborted = false;
    await serve(async (connection) => {
      if (accepted.length === 1) return;
      connection.signal.addEventListener('abort', () => (aborted = true));
      await connection.closed;
    });
    const first = await dial();
    expect(await first.reader.readAll()).toHaveLength(0);
    first.writer.close();
    expect(await accepted[0]!.closed).toEqual({ by: 'local' });
    const second = await dial();
    await until('it is served', () => accepted.length === 2);
    second.reset();
    await until('the handler is told', () => aborted);
  });

  it('a handler that fails, at once or later, is reported, and its connection is gone', async () => {
    await serve(() => {
      if (accepted.length === 1) throw new Error('at once');
      return Promise.reject(new Error('later'));
    });
    for (const message of ['at once', 'later']) {
      const client = await dial();
      await client.reader.readAll().catch(() => {});
      await until('it is reported', () => failures.at(-1)?.error !== undefined && accepted.length === failures.length);
      expect(failures.at(-1)!.error).toMatchObject({ message });
      expect(failures.at(-1)!.connection).toBe(accepted.at(-1));
      await accepted.at(-1)!.closed;
      client.destroy();
    }
  });

  it('serveForever() resolves when somebody closes the server, clients or not', async () => {
    await serve(({ closed }) => closed);
    const client = await dial();
    const serving = server.serveForever({ timeout: 5 });
    void server.close({ timeout: 5 });
    expect(await serving).toBeUndefined();
    client.destroy();
  });

  it('close() in the very moment of an accept is quiet', async () => {
    for (let turn = 0; turn < 8; turn++) {
      await serve(() => {});
      const clients = Array.from({ length: 5 }, () => connectRaw(portOf(server), host).on('error', () => {}));
      await turns(turn);
      await server.close({ timeout: 1 });
      expect(failures).toEqual([]);
      for (const client of clients) client.destroy();
    }
  });

  it('a peer that has ended is told apart, TLS is half-open too, and connect() ends by itself', async () => {
    await serve(async ({ reader, writer }) => writer.write(`${(await reader.readAll()).length} bytes`), {
      tls: SERVER_TLS,
    });
    const client = await dial({ tls: CLIENT_TLS });
    client.writer.write('request');
    client.writer.writeEof();
    expect(client.writer.canWriteEof()).toBe(true);
    expect(`${await client.reader.readAll()}`).toBe('7 bytes');
    // Nothing is left in CLOSE_WAIT: what has ended on both sides is closed.
    expect(await client.closed).toEqual({ by: 'local' });
    await until('the server has let go', () => accepted.every(({ signal }) => signal.aborted));
    const dialed = await new Promise<Connection>((resolve, reject) => {
      connect({ host, port: portOf(server), tls: CLIENT_TLS }).subscribe({ next: resolve, error: reject });
    });
    const reading = dialed.reader.readAll();
    await until('it is accepted', () => accepted.length === 2);
    accepted[1]!.writer.writeEof();
    expect(await reading).toHaveLength(0);
    expect(await dialed.closed).toEqual({ by: 'peer' });
  });

  it('every wait has a limit: of a read, of silence, of a frame', async () => {
    await serve(({ closed }) => closed, { idleTimeout: 20 });
    const client = await dial({ readIdleTimeout: 10 });
    expect(await failureOf(client.reader.readLine({ timeout: 2 }))).toMatchObject({ what: 'read', timeout: 2 });
    expect(await client.closed).toMatchObject({ by: 'timeout', error: { what: 'read-idle' } });
    expect(await accepted[0]!.closed).toMatchObject({ by: expect.stringMatching(/^(timeout|peer)$/) });
    const dialing = openConnection({ host: 'nobody.example', port: 1, connectTimeout: 1, lookup: () => {} });
    expect(await failureOf(dialing)).toMatchObject({ what: 'connect', timeout: 1 });
  });

  it('there may be a limit to connections, and who is too many does not harm', async () => {
    await serve(({ reader, writer }) => reader.pipe(writeTo(writer)), { maxConnections: 1 });
    const first = await dial();
    await until('it is served', () => accepted.length === 1);
    const second = await dial();
    expect(await second.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    first.writer.write('still served');
    expect(`${await first.reader.readExactly(12)}`).toBe('still served');
    expect(server.isServing()).toBe(true);
    first.destroy();
    second.destroy();
  });

  it('options are looked at eagerly, and handshakes that fail are told of', async () => {
    expect(() => startServer(() => {}, { port: 0, limit: 0 })).toThrow(RangeError);
    expect(() => startServer(() => {}, { port: 0, tls: true as never })).toThrow(TypeError);
    await serve(() => {}, { tls: SERVER_TLS });
    const plain = await dial();
    plain.writer.write('GET / HTTP/1.1\r\n\r\n');
    await until('it is told of', () => failures.length === 1);
    expect(failures[0]).toMatchObject({ error: { code: expect.stringMatching(/^ERR_SSL_/) }, stage: 'handshake' });
    plain.destroy();
  });
});

describe('writing', () => {
  it('what is not taken is bounded, also for who never looks', () => {
    const { writer } = new Connection(handTransport());
    for (let i = 0; i < 16; i++) writer.write(Buffer.alloc(MIB));
    expect(() => writer.write('x')).toThrow(BufferOverflowError);
    writer.next('x');
    expect(() => writer.write('x')).toThrow(expect.objectContaining({ cause: expect.any(BufferOverflowError) }));
  });

  it('drain() is for pressure, flush() is for bytes, and both leave others their turn', async () => {
    const { near, far, release } = await TCP.open('client');
    near.writer.write('little');
    await near.writer.drain();
    await near.writer.flush();
    expect(near.bytesWritten).toBe(6);
    far.reader.subscribe({ error: () => {} });
    // Nothing but drain() lets go of the turn, and little is written: there is no pressure to wait for.
    const counted = near.bytesWritten;
    let others = 0;
    let counting = setImmediate(function count() {
      others++;
      counting = setImmediate(count);
    });
    for (const start = performance.now(); others < 3 && performance.now() - start < 3000; ) {
      near.writer.write('x');
      await near.writer.drain();
    }
    clearImmediate(counting);
    expect(others).toBe(3);
    await near.writer.flush();
    expect(near.bytesWritten).toBeGreaterThan(counted);
    await release();
  });

  it('any number may drain at once, and each may give up', async () => {
    const { near, far, release } = await TCP.open('client');
    near.writer.write(Buffer.alloc(8 * MIB));
    const waiting = Array.from({ length: 20 }, (_, i) => near.writer.drain(i % 2 === 0 ? { timeout: 1 } : {}));
    const outcomes = Promise.allSettled(waiting);
    await failureOf(waiting[18]!);
    await far.reader.readExactly(8 * MIB);
    expect((await outcomes).map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'rejected' : 'fulfilled')),
    );
    await release();
  });

  it('writeLines() is write() for each: pressure, empty chunks and the end are the same', () => {
    const transport = handTransport();
    const { writer } = new Connection(transport);
    writer.writeLines(['a', '', Buffer.alloc(0), 'b']);
    transport.turn();
    expect(transport.writes).toEqual(['ab']);
    writer.writeLines([Buffer.alloc(64 * 1024)]);
    expect(writer.pressured).toBe(true);
    writer.close();
    expect(() => writer.writeLines(['x'])).toThrow(ConnectionClosedError);
    transport.events.onClosed(undefined);
  });

  it('a process that awaits nothing still sends all that it wrote', async () => {
    let received = 0;
    const { port, close } = await rawServer((socket) => {
      socket.on('data', (chunk) => (received += chunk.length));
      socket.on('end', () => socket.end());
    });
    const child = spawn(process.execPath, [join(__dirname, '../support/writesAndEnds.js'), `${port}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(received).toBe(4 * MIB);
    await close();
  }, 20_000);
});

describe('reading', () => {
  it('a second reader is refused always, whatever is buffered', async () => {
    const [near, far] = connectionPair();
    const first = near.reader.readExactly(5);
    far.writer.write('ab');
    await turns(3);
    expect(await failureOf(near.reader.read(1))).toBeInstanceOf(ReaderBusyError);
    far.writer.write('cdefg');
    expect(`${await first}`).toBe('abcde');
    expect(`${await near.reader.read(9)}`).toBe('fg');
    // And after a read that has timed out there is nobody.
    expect(await failureOf(near.reader.readLine({ timeout: 1 }))).toBeInstanceOf(SocketTimeoutError);
    far.writer.write('next\n');
    expect(`${await near.reader.readLine()}`).toBe('next\n');
    near.destroy();
    far.destroy();
  });

  it('a line that is too long is a typed error, and the next read starts after it', async () => {
    const [near, far] = connectionPair({ limit: 8 });
    far.writer.write('much too long a line\nshort\n');
    const error = await failureOf(near.reader.readLine());
    expect(error).toBeInstanceOf(LimitOverrunError);
    expect(error).toMatchObject({ code: 'ERR_LIMIT_OVERRUN', limit: 8 });
    expect(`${await near.reader.readLine()}`).toBe('short\n');
    // A record's bytes stay, and may be read in another way.
    far.writer.write('much too long a record;');
    const { consumed } = (await failureOf(near.reader.readUntil(';'))) as LimitOverrunError;
    await near.reader.readExactly(consumed);
    expect(`${await near.reader.readUntil(';')}`.endsWith(';')).toBe(true);
    near.destroy();
    far.destroy();
  });

  it('what is read ahead does not exceed twice the limit by more than a chunk', async () => {
    const { near, far, release } = await TCP.open('client', { limit: 1000 });
    far.writer.write(Buffer.alloc(4 * MIB));
    await until('it is held', () => near.reader.bufferedAmount > 2000);
    await turns(20);
    expect(near.reader.bufferedAmount).toBeLessThanOrEqual(2000 + 64 * 1024);
    await release();
  });

  it('a stream that ends without close_notify is not taken for a whole frame', async () => {
    const server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    const accepting = firstValueFrom(server.connections);
    const raw = connectRaw(portOf(server), host);
    const client = connectTls({ socket: raw, ...CLIENT_TLS });
    client.on('error', () => {});
    client.write('ten bytes!half');
    const { reader } = await accepting;
    expect(await reader.readExactly(10)).toHaveLength(10);
    raw.end();
    const error = await failureOf(reader.readExactly(10));
    expect(error).toBeInstanceOf(IncompleteReadError);
    expect(error).toMatchObject({ partial: Buffer.from('half'), expected: 10 });
    client.destroy();
    await server.close({ timeout: 1 });
  });

  it('one object reads, writes, closes and is disposed of', async () => {
    const { near, far, release } = await TCP.open('client');
    const received = far.reader.readAll().then((all) => {
      far.writer.close();
      return `${all}`;
    });
    {
      await using connection = near;
      connection.writer.write('one object');
    }
    expect(await received).toBe('one object');
    expect(near.signal.aborted).toBe(true);
    await release();
  });

  it('there is peek, there are several separators, and readAll has a limit', async () => {
    const [near, far] = connectionPair();
    far.writer.write('one;two|three');
    await turns(2);
    expect(`${near.reader.peek(3)}`).toBe('one');
    expect(`${await near.reader.readUntil([';', '|'])}`).toBe('one;');
    expect(`${await near.reader.readUntil([';', '|'])}`).toBe('two|');
    far.writer.writeEof();
    expect(await failureOf(near.reader.readAll({ limit: 3 }))).toBeInstanceOf(LimitOverrunError);
    expect(`${await near.reader.readAll({ limit: 5 })}`).toBe('three');
    near.destroy();
    far.destroy();
  });

  it('bytes are searched once, however often a read gives up, and a frame of one chunk is not copied', async () => {
    const transport = handTransport();
    const { reader } = new Connection(transport);
    const scans = countScans(() => {
      for (let i = 0; i < 50; i++) {
        transport.events.onData(Buffer.alloc(100, 'x'));
        const given = new AbortController();
        reader.readLine({ signal: given.signal }).catch(() => {});
        given.abort();
      }
    });
    expect(scans.total()).toBe(5000);
    const chunk = Buffer.from('\nwhole frame\n');
    transport.events.onData(chunk);
    await reader.readLine();
    expect((await reader.readLine()).buffer).toBe(chunk.buffer);
  });
});

describe('STARTTLS', () => {
  it('the name that was dialed is verified, and the side may be chosen', async () => {
    const { client, server, release } = await plainPair('other.example');
    const ofServer = server.startTls(SERVER_TLS).catch(() => {});
    expect(await failureOf(client.startTls({ ca: CLIENT_TLS.ca }))).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await Promise.all([ofServer, release()]);
    const other = await plainPair('localhost');
    await Promise.all([
      other.client.startTls({ ...SERVER_TLS, side: 'server' }),
      other.server.startTls({ ...CLIENT_TLS, side: 'client' }),
    ]);
    await other.release();
  });

  it('no byte is lost or taken for another: a server feeds its handshake, a client refuses', async () => {
    const { client, server, release } = await plainPair('localhost');
    server.writer.write('injected\n');
    await until('it has come', () => client.reader.bufferedAmount > 0);
    expect(await failureOf(client.startTls({ ca: CLIENT_TLS.ca }))).toBeInstanceOf(PlaintextPendingError);
    await client.reader.readLine();
    const upgrading = client.startTls({ ca: CLIENT_TLS.ca });
    await until('the ClientHello is there', () => server.reader.bufferedAmount > 0);
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    client.writer.write('encrypted\n');
    expect(`${await firstValueFrom(server.reader.pipe(readLine()))}`).toBe('encrypted\n');
    await release();
  });
});

describe('dialing', () => {
  it('all addresses are tried, and all that fail are told of', async () => {
    const { port, close } = await rawServer();
    await close();
    const lookup = ((_name: string, options: { all?: boolean }, found: (...answer: unknown[]) => void) => {
      const both = [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ];
      if (options.all) found(null, both);
      else found(null, '127.0.0.1', 4);
    }) as never;
    const error = (await failureOf(openConnection({ host: 'two.example', port, lookup }))) as AggregateError;
    expect(error.errors.map(({ address }) => address)).toEqual(['::1', '127.0.0.1']);
  });
});

describe('owning', () => {
  it('a connection that nobody holds goes on until somebody ends it, whatever is collected', async () => {
    const seen: string[] = [];
    const { port, close } = await rawServer((socket) => void socket.once('data', (chunk) => socket.end(`${chunk}`)));
    // Nobody keeps the connection, its reader or its writer.
    await openConnection({ host, port }).then(({ reader, writer }) => {
      reader.pipe(lines()).subscribe({ next: (line) => seen.push(line), complete: () => seen.push('|') });
      writer.write('still here\n');
    });
    collectGarbage();
    await until('it has answered', () => seen.length === 2);
    expect(seen).toEqual(['still here', '|']);
    await close();
  });
});
