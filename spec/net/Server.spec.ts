// Proves the life of a server: which connections it accepts, how it stops, and what it reports.
import { connect as connectRaw, type Socket } from 'node:net';
import { firstValueFrom, take, toArray } from 'rxjs';
import {
  type Connection,
  type ListenOptions,
  listen,
  openConnection,
  type Server,
  type ServerFailure,
  startServer,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

describe('Server', () => {
  let server: Server;
  let accepted: Connection[];
  const clients: Connection[] = [];

  /** A server whose connections the spec takes, unless it leaves them. */
  async function open(options: Partial<ListenOptions> = {}, take = true): Promise<void> {
    accepted = [];
    server = await bindServer({ host, port: 0, ...options });
    if (take) server.connections.subscribe((connection) => accepted.push(connection));
  }

  /** Binds a server and keeps it: `firstValueFrom` would stop it at once. */
  function bindServer(options: ListenOptions): Promise<Server> {
    return new Promise((resolve, reject) => listen(options).subscribe({ next: resolve, error: reject }));
  }

  async function dial(): Promise<Connection> {
    const client = await openConnection({ host, port: portOf(server) });
    clients.push(client);
    return client;
  }

  /** Dials, and waits until the server has accepted. */
  async function join(): Promise<Connection> {
    const count = accepted.length;
    const client = await dial();
    await until('it is accepted', () => accepted.length > count);
    return client;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    server?.abortClients();
    await server?.close();
  });

  it('shows where it listens, also after it is closed', async () => {
    await open();
    const address = server.address();
    expect(address).toEqual({ address: host, family: 'IPv4', port: expect.any(Number) });
    expect(portOf(server)).toBeGreaterThan(0);
    expect(server.addresses).toEqual([address]);
    await server.close();
    expect(server.address()).toEqual(address);
  });

  describe('connections', () => {
    it('wait unread, in order, until they are taken', async () => {
      await open({ limit: 1024 }, false);
      const [one, other] = [await dial(), await dial()];
      one.writer.write('one\n');
      one.writer.writeEof();
      const total = 64 * 1024 * 1024;
      for (let sent = 0; sent < total; sent += 1024 * 1024) {
        if (other.writer.bufferedAmount < 4 * 1024 * 1024) other.writer.write(Buffer.alloc(1024 * 1024));
        await turns(1);
      }
      // Nobody reads: TCP pauses the peer.
      expect(other.bytesWritten).toBeLessThan(total / 4);
      const [first, second] = await firstValueFrom(server.connections.pipe(take(2), toArray()));
      expect([first!.remotePort, second!.remotePort]).toEqual([one.localPort, other.localPort]);
      expect(`${await first!.reader.readAll()}`).toBe('one\n');
      expect(await second!.reader.readExactly(1024)).toHaveLength(1024);
    });

    it('are taken one by one when one at a time is requested', async () => {
      await open({}, false);
      const [one, other] = [await dial(), await dial()];
      await turns(20);
      const first = await firstValueFrom(server.connections);
      const second = await firstValueFrom(server.connections);
      expect([first.remotePort, second.remotePort]).toEqual([one.localPort, other.localPort]);
    });

    it('wait up to backlog; further ones are closed', async () => {
      await open({ backlog: 2 }, false);
      await dial();
      await dial();
      await turns(20);
      const third = await dial();
      expect(await third.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
      server.connections.subscribe((connection) => accepted.push(connection));
      expect(accepted).toHaveLength(2);
    });

    it('whose clients have left meanwhile end like any other', async () => {
      await open({}, false);
      const client = await dial();
      client.writer.write('bye');
      await client.writer.flush();
      client.destroy();
      await turns(20);
      const connection = await firstValueFrom(server.connections);
      expect(`${await connection.reader.readAll()}`).toBe('bye');
    });

    it('complete when the server stops, also for later subscribers', async () => {
      await open();
      const seen: string[] = [];
      server.connections.subscribe({ complete: () => seen.push('|') });
      void server.close();
      server.connections.subscribe({ complete: () => seen.push('late |') });
      expect(seen).toEqual(['|', 'late |']);
    });

    it('are at most maxConnections', async () => {
      await open({ maxConnections: 1 });
      const first = await join();
      const second = await dial();
      expect(await second.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
      expect(accepted).toHaveLength(1);
      first.destroy();
      await accepted[0]!.reader.readAll().catch(() => {});
      accepted[0]!.destroy();
      await accepted[0]!.closed;
      await turns(2);
      await join();
    });
  });

  describe('close()', () => {
    it('accepts no more connections, and lets the open ones finish', async () => {
      await open();
      const client = await join();
      expect(server.isServing()).toBe(true);
      let closed = false;
      const closing = server.close().then(() => (closed = true));
      expect(server.isServing()).toBe(false);
      expect(await failureOf(openConnection({ host, port: portOf(server) }))).toMatchObject({ code: 'ECONNREFUSED' });
      client.writer.write('still served');
      expect(`${await accepted[0]!.reader.readExactly(12)}`).toBe('still served');
      expect(closed).toBe(false);
      const ending = accepted[0]!.close();
      await client.close();
      await ending;
      await closing;
    });

    it('destroys the remaining connections after its timeout, and resolves', async () => {
      const seen: unknown[] = [];
      server = await startServer(
        async ({ reader }) => {
          await reader.readLine();
        },
        { host, port: 0 },
      );
      server.errors.subscribe({ next: (failure) => seen.push(failure), complete: () => seen.push('|') });
      const client = await dial();
      await turns(5);
      await server.close({ timeout: 20 });
      expect(seen).toEqual(['|']);
      expect(await client.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    });

    it('can be called again with a shorter timeout', async () => {
      await open();
      await join();
      const patient = server.close({ timeout: 0 });
      await server.close({ timeout: 1 });
      await patient;
      await server.close();
      await server.waitClosed();
    });

    it('throws for an invalid timeout at the call, and the server goes on', async () => {
      await open();
      expect(() => server.close({ timeout: -1 })).toThrow(RangeError);
      expect(() => server.serveForever({ timeout: -1 })).toThrow(RangeError);
      expect(server.isServing()).toBe(true);
    });

    it('closes connections that were not taken yet', async () => {
      await open({}, false);
      const client = await dial();
      await turns(20);
      await server.close({ timeout: 0 });
      expect(await client.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    });

    it('reports nothing when it meets a connection that is just being accepted', async () => {
      for (let turn = 0; turn < 8; turn++) {
        server = await startServer(() => {}, { host, port: 0 });
        const failures: ServerFailure[] = [];
        server.errors.subscribe((failure) => failures.push(failure));
        const sockets = Array.from({ length: 5 }, () => connectRaw(portOf(server), host).on('error', () => {}));
        await turns(turn);
        await server.close({ timeout: 1 });
        expect(failures).toEqual([]);
        for (const socket of sockets) socket.destroy();
      }
    });

    it('leaves no timer', async () => {
      await open();
      const clear = jest.spyOn(global, 'clearInterval');
      await server.close({ timeout: 100_000 });
      expect(clear).toHaveBeenCalled();
      clear.mockRestore();
    });
  });

  it('closeClients() closes every connection cleanly, and the server goes on', async () => {
    await open();
    const [one, other] = [await join(), await join()];
    for (const { writer } of accepted) writer.write('bye');
    server.closeClients();
    for (const client of [one, other]) {
      expect(`${await client.reader.readAll()}`).toBe('bye');
      client.writer.close();
    }
    for (const { closed } of accepted) expect(await closed).toEqual({ by: 'local' });
    expect(server.isServing()).toBe(true);
    await join();
  });

  it('abortClients() breaks every connection off at once, and the server goes on', async () => {
    await open();
    await join();
    accepted[0]!.writer.write(Buffer.alloc(8 * 1024 * 1024));
    server.abortClients();
    expect(await accepted[0]!.closed).toEqual({ by: 'local' });
    expect(accepted[0]!.bytesWritten).toBeLessThan(8 * 1024 * 1024);
    expect(server.isServing()).toBe(true);
    await join();
  });

  it('abortClients() also breaks off connections that were not taken yet', async () => {
    await open({}, false);
    const client = await dial();
    await turns(20);
    server.abortClients();
    expect(await client.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    expect(server.isServing()).toBe(true);
  });

  it('waitClosed() resolves when the server is closed, by any means', async () => {
    await open();
    let closed = false;
    const waiting = server.waitClosed().then(() => (closed = true));
    await turns(5);
    expect(closed).toBe(false);
    await server.close();
    await waiting;
  });

  describe('serveForever()', () => {
    const listeners = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');

    it('resolves when close() is called', async () => {
      await open();
      const before = listeners();
      const serving = server.serveForever();
      expect(listeners()).toBe(before + 2);
      void server.close();
      await serving;
      expect(listeners()).toBe(before);
      await server.serveForever();
      expect(listeners()).toBe(before);
    });

    it('resolves when its signal aborts, before or during the call', async () => {
      await open();
      const controller = new AbortController();
      const serving = server.serveForever({ signal: controller.signal });
      controller.abort();
      await serving;
      expect(server.isServing()).toBe(false);
      await open();
      await server.serveForever({ signal: AbortSignal.abort() });
    });

    it.each(['SIGINT', 'SIGTERM'] as const)(
      'closes at %s, and destroys the remaining connections after its timeout',
      async (signal) => {
        await open();
        await join();
        const serving = server.serveForever({ timeout: 10 });
        process.emit(signal, signal);
        await serving;
        expect(await accepted[0]!.closed).toEqual({ by: 'local' });
      },
    );
  });

  it('closes when its signal aborts', async () => {
    const controller = new AbortController();
    await open({ signal: controller.signal });
    controller.abort();
    expect(server.isServing()).toBe(false);
    await server.waitClosed();
  });

  it('closes at the end of an `await using` block', async () => {
    await open();
    {
      await using serving = server;
      expect(serving.isServing()).toBe(true);
    }
    expect(server.isServing()).toBe(false);
  });

  it('passes its options to every connection', async () => {
    await open({ limit: 4, idleTimeout: 300, highWaterMark: 2 });
    const client = await join();
    client.writer.write('longer than that\n');
    expect(await failureOf(accepted[0]!.reader.readLine())).toMatchObject({ code: 'ERR_LIMIT_OVERRUN', limit: 4 });
    // A chunk as large as the mark may leave at once; small ones wait for the end of the turn.
    expect(accepted[0]!.writer.write('a')).toBe(true);
    expect(accepted[0]!.writer.write('b')).toBe(false);
    expect(await accepted[0]!.closed).toMatchObject({ by: 'timeout', error: { what: 'idle' } });
  });

  it('reports connections that the system could not accept', async () => {
    await open();
    const failures: ServerFailure[] = [];
    server.errors.subscribe((failure) => failures.push(failure));
    const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
    (server as unknown as { nets: NodeJS.EventEmitter[] }).nets[0]!.emit('error', error);
    expect(failures).toEqual([expect.objectContaining({ error })]);
    expect(server.isServing()).toBe(true);
  });

  describe('over TLS', () => {
    async function openTls(options: Partial<ListenOptions> = {}): Promise<ServerFailure[]> {
      await open({ tls: SERVER_TLS, ...options });
      const failures: ServerFailure[] = [];
      server.errors.subscribe((failure) => failures.push(failure));
      return failures;
    }

    it('reports a client whose handshake fails, and serves the others', async () => {
      const failures = await openTls();
      const plain = await dial();
      plain.writer.write('GET / HTTP/1.1\r\n\r\n');
      await until('it is reported', () => failures.length > 0);
      expect(failures[0]!.error).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
      expect(failures[0]!.connection).toBeUndefined();
      expect(await plain.reader.readAll().catch(() => 'broken')).toBeDefined();
      const good = await openConnection({ host, port: portOf(server), tls: CLIENT_TLS });
      clients.push(good);
      await until('it is accepted', () => accepted.length === 1);
    });

    it.each([
      ['end', 'writeEof'],
      ['break off', 'close'],
    ] as const)('reports at once a client that %ss in the handshake', async (_, how) => {
      const failures = await openTls();
      const client = await dial();
      await turns(5);
      client.writer[how]();
      expect(await client.reader.readAll()).toHaveLength(0);
      await until('it is reported', () => failures.length > 0);
      expect(failures[0]!.error).toMatchObject({ code: 'ECONNRESET' });
      await server.close();
    });

    it('reports at once a client that does not trust its certificate', async () => {
      const failures = await openTls();
      const error = await failureOf(openConnection({ host, port: portOf(server), tls: true }));
      expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      await until('it is reported', () => failures.length > 0);
      await server.close();
    });

    it('gives up a client that does not complete the handshake in time', async () => {
      const failures = await openTls({ handshakeTimeout: 20 });
      const silent = await dial();
      expect(await silent.reader.readAll()).toHaveLength(0);
      const error = { code: 'ERR_SOCKET_TIMEOUT', what: 'handshake', timeout: 20 };
      expect(failures).toMatchObject([{ error, stage: 'handshake', probe: false }]);
    });

    it('has no handshake timeout with 0', async () => {
      const failures = await openTls({ handshakeTimeout: 0 });
      const silent = await dial();
      expect(await failureOf(silent.reader.read(1, { timeout: 30 }))).toMatchObject({ what: 'read' });
      expect(failures).toEqual([]);
    });

    it('does not wait for handshakes when it closes', async () => {
      await openTls();
      const silent = await dial();
      await turns(20);
      await server.close({ timeout: 20 });
      expect(await silent.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    });

    it('on close() drops unfinished handshakes at once, and lets the others finish', async () => {
      const failures = await openTls();
      const secure = await openConnection({ host, port: portOf(server), tls: CLIENT_TLS });
      clients.push(secure);
      const silent = await dial();
      const halfway = await dial();
      // The head of a TLS record with 512 bytes.
      halfway.writer.write(Buffer.from([22, 3, 1, 2, 0, 1]));
      await until('the one is accepted', () => accepted.length === 1);
      await turns(20);
      let closed = false;
      const closing = server.close({ timeout: 0 }).then(() => {
        closed = true;
      });
      for (const { reader } of [silent, halfway]) {
        expect(await reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
      }
      secure.writer.write('still served');
      expect(`${await accepted[0]!.reader.readExactly(12)}`).toBe('still served');
      expect(closed).toBe(false);
      accepted[0]!.writer.close();
      await secure.close();
      await closing;
      expect(failures).toEqual([]);
    });

    it('on close() drops handshakes at once on a Unix path too, and lets the others finish', async () => {
      const paths = socketPaths();
      const path = paths.path('a.sock');
      await openTls({ host: undefined, port: undefined, path });
      const secure = await openConnection({ path, tls: { ...CLIENT_TLS, servername: 'localhost' } });
      const [silent, halfway] = [await openConnection({ path }), await openConnection({ path })];
      clients.push(secure, silent, halfway);
      halfway.writer.write(Buffer.from([22, 3, 1, 2, 0, 1]));
      await until('the one is accepted', () => accepted.length === 1);
      await turns(20);
      const closing = server.close({ timeout: 0 });
      for (const { reader } of [silent, halfway]) {
        expect(await reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
      }
      secure.writer.write('still served');
      expect(`${await accepted[0]!.reader.readExactly(12)}`).toBe('still served');
      accepted[0]!.writer.close();
      await secure.close();
      await closing;
      paths.remove();
    });

    it('on close() ends connections that wait for the first byte of a STARTTLS handshake, and lets the others finish', async () => {
      await open();
      const failures: ServerFailure[] = [];
      server.errors.subscribe((failure) => failures.push(failure));
      const [silent, secure] = [await join(), await join()];
      silent.writer.write('STARTTLS\n');
      const [waiting, begun] = accepted as [Connection, Connection];
      await waiting.reader.readLine();
      const refused = failureOf(waiting.startTls(SERVER_TLS));
      const upgraded = begun.startTls(SERVER_TLS);
      const upgrading = secure.startTls({ ...CLIENT_TLS, servername: 'localhost' });
      const socket = begun.writer.getExtraInfo('socket') as Socket;
      await until('the handshake has begun', () => socket.bytesRead > 0);
      const closing = server.close({ timeout: 0 });
      expect(await refused).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
      await Promise.all([upgraded, upgrading]);
      await Promise.all([secure.close(), begun.close()]);
      await closing;
      expect(failures).toEqual([]);
    });

    it.each(['reset', 'destroy'] as const)(
      'survives a handler that calls %s() at once, inside the handshake',
      async (how) => {
        await openTls();
        const refused = server.connections.subscribe((connection) => connection[how]());
        for (let i = 0; i < 5; i++) {
          const client = await openConnection({ host, port: portOf(server), tls: CLIENT_TLS });
          clients.push(client);
          expect(await client.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
        }
        refused.unsubscribe();
      },
    );

    it('warns when nobody subscribes to its errors', async () => {
      await open({ tls: SERVER_TLS });
      const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const plain = await dial();
      plain.writer.write('plain text\r\n');
      await until('it has warned', () => emit.mock.calls.length > 0);
      expect(emit).toHaveBeenCalledWith(expect.stringMatching(/^A connection was not accepted: /), 'ServerWarning');
      emit.mockRestore();
    });
  });

  it('listens on a Unix path, and shows it', async () => {
    const paths = socketPaths();
    const path = paths.path('a.sock');
    server = await startServer(({ writer }) => void writer.write('hello'), { path });
    expect(server.address()).toBe(path);
    expect(server.addresses).toEqual([path]);
    const client = await openConnection({ path });
    clients.push(client);
    expect(`${await client.reader.readExactly(5)}`).toBe('hello');
    client.destroy();
    await server.close({ timeout: 10 });
    paths.remove();
  });

  it('counts its connections, and tells on refused$ which are beyond maxConnections', async () => {
    await open({ maxConnections: 2 });
    const refused: object[] = [];
    let completed = false;
    server.refused$.subscribe({ next: (one) => refused.push(one), complete: () => (completed = true) });
    await join();
    await join();
    expect(server.connectionCount).toBe(2);
    const { localAddress, localPort } = await dial();
    await until('the third is refused', () => refused.length === 1);
    expect(refused).toEqual([{ remoteAddress: localAddress, remotePort: localPort, reason: 'maxConnections' }]);
    expect(server.connectionCount).toBe(2);
    accepted[0]!.destroy();
    await until('one has left', () => server.connectionCount === 1);
    server.abortClients();
    await server.close();
    expect(completed).toBe(true);
  });

  it('tells on refused$ which connections found the backlog full, and counts those that wait', async () => {
    await open({ backlog: 1 }, false);
    const refused: object[] = [];
    server.refused$.subscribe((one) => refused.push(one));
    await dial();
    await until('one waits', () => server.connectionCount === 1);
    const { localAddress, localPort } = await dial();
    await until('the second is refused', () => refused.length === 1);
    expect(refused).toEqual([{ remoteAddress: localAddress, remotePort: localPort, reason: 'backlog' }]);
    expect(server.connectionCount).toBe(1);
  });
});
