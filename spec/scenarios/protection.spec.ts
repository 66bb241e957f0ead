// Proves on real sockets that one address can't take a server from the others, and that all together can't take its memory.
import { once } from 'node:events';
import { createServer, connect as rawConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { inspect } from 'node:util';
import { asyncScheduler } from 'rxjs';
import {
  BufferOverflowError,
  type CloseInfo,
  type Connection,
  type ConnectionOptions,
  decode,
  type ListenOptions,
  lengthPrefixed,
  lines,
  listen,
  openConnection,
  type RefusedConnection,
  type Server,
  type ServerFailure,
  type SocketTimeoutError,
  startServer,
  writeTo,
} from '../../src';
import { runMarbles } from '../../src/testing';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { portOf } from '../support/portOf';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';
const KIB = 1024;
const MIB = 1024 * KIB;

noUnhandledRejections();

describe('a protected server', () => {
  let server: Server;
  let served: Connection[];
  let refused: RefusedConnection[];
  let failures: ServerFailure[];
  let infos: CloseInfo[];
  const sockets: Socket[] = [];
  const clients: Connection[] = [];

  const echo = ({ reader, writer }: Connection): unknown => reader.pipe(lines(), writeTo(writer));

  async function serve(
    options: Partial<ListenOptions>,
    handler: (connection: Connection) => unknown = echo,
  ): Promise<void> {
    [served, refused, failures, infos] = [[], [], [], []];
    const where = options.path === undefined && options.server === undefined ? { host, port: 0 } : {};
    server = await startServer(
      (connection) => {
        served.push(connection);
        void connection.closed.then((info) => infos.push(info));
        return handler(connection) as undefined;
      },
      { ...where, ...options } as ListenOptions,
    );
    server.refused$.subscribe((one) => refused.push(one));
    server.errors.subscribe((failure) => failures.push(failure));
  }

  const reasons = () => refused.map(({ reason }) => reason);

  /** A socket that says nothing by itself. */
  async function knock(localAddress = '127.0.0.2'): Promise<Socket> {
    const socket = rawConnect({ port: portOf(server), host, localAddress, allowHalfOpen: true });
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  const isClosed = (socket: Socket) => until('it is closed', () => socket.resume().closed || socket.readableEnded);

  async function dial(options: object = {}): Promise<Connection> {
    const client = await openConnection({ host, port: portOf(server), localAddress: '127.0.0.3', ...options });
    clients.push(client);
    return client;
  }

  async function isServed(client: Connection): Promise<void> {
    client.writer.write('good\n');
    expect(`${await client.reader.readExactly(4)}`).toBe('good');
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const client of clients.splice(0)) client.destroy();
    server.abortClients();
    await server.close();
  });

  describe('with maxConnectionsPerAddress', () => {
    it('refuses an address that has too many, and serves the others', async () => {
      await serve({ maxConnectionsPerAddress: 2 });
      const [first] = [await knock(), await knock()];
      const third = await knock();
      await isClosed(third);
      expect(refused).toEqual([
        { remoteAddress: '127.0.0.2', remotePort: third.localPort, reason: 'maxConnectionsPerAddress' },
      ]);
      expect(server.stats()).toMatchObject({ accepted: 2, refused: 1 });
      await isServed(await dial());
      first.destroy();
      await until('it has gone', () => infos.length === 1);
      await isServed(await dial({ localAddress: '127.0.0.2' }));
    });

    it('counts stalled TLS handshakes, so they lock nobody out', async () => {
      await serve({ maxConnectionsPerAddress: 10, maxConnections: 50, tls: SERVER_TLS });
      for (let i = 0; i < 100; i++) await knock();
      await until('they are refused', () => refused.length === 90);
      await isServed(await dial({ tls: CLIENT_TLS }));
      expect(new Set(reasons())).toEqual(new Set(['maxConnectionsPerAddress']));
      expect(server.connectionCount).toBe(11);
    });

    it('counts no Unix socket', async () => {
      const paths = socketPaths();
      const path = paths.path('a.sock');
      await serve({ path, maxConnectionsPerAddress: 1 });
      for (let i = 0; i < 3; i++) {
        const client = await openConnection({ path });
        clients.push(client);
        await isServed(client);
      }
      expect(refused).toEqual([]);
      paths.remove();
    });

    it('works for a given server', async () => {
      const given = createServer().listen(0, host);
      await once(given, 'listening');
      await serve({ server: given, maxConnectionsPerAddress: 1, tls: SERVER_TLS });
      await knock();
      await isClosed(await knock());
      await isServed(await dial({ tls: CLIENT_TLS }));
      expect(reasons()).toEqual(['maxConnectionsPerAddress']);
    });

    it.each([false, true])('works for a server that nobody subscribes to, with TLS: %p', async (tls) => {
      refused = [];
      server = await new Promise((resolve, reject) => {
        const options = { host, port: 0, maxConnectionsPerAddress: 1, ...(tls && { tls: SERVER_TLS }) };
        listen(options).subscribe({ next: resolve, error: reject });
      });
      server.refused$.subscribe((one) => refused.push(one));
      await knock();
      await isClosed(await knock());
      expect(reasons()).toEqual(['maxConnectionsPerAddress']);
    });
  });

  describe('behind a proxy', () => {
    /** A connection of the proxy, whose client has this address. */
    async function forClient(address: string): Promise<Socket> {
      const socket = await knock('127.0.0.4');
      socket.write(`PROXY TCP4 ${address} 192.0.2.100 40000 443\r\n`);
      return socket;
    }

    it.each([false, true])('counts by the address of the client, with TLS: %p', async (tls) => {
      const proxyProtocol = { from: ['127.0.0.4'] };
      await serve({ maxConnectionsPerAddress: 1, proxyProtocol, ...(tls && { tls: SERVER_TLS }) });
      const [first] = [await forClient('192.0.2.1'), await forClient('192.0.2.2')];
      await until('both are in', () => server.connectionCount === 2);
      await isClosed(await forClient('192.0.2.1'));
      expect(refused).toEqual([{ remoteAddress: '192.0.2.1', remotePort: 40000, reason: 'maxConnectionsPerAddress' }]);
      first.destroy();
      await until('it has gone', () => server.connectionCount === 1);
      await forClient('192.0.2.1');
      await until('another is in', () => server.connectionCount === 2);
    });

    it('does not count the proxies themselves', async () => {
      await serve({ maxConnectionsPerAddress: 1, proxyProtocol: { from: ['127.0.0.4'] } });
      for (let i = 0; i < 3; i++) (await knock('127.0.0.4')).write('PROXY UNKNOWN\r\n');
      await until('all are in', () => served.length === 3);
      expect(refused).toEqual([]);
    });
  });

  describe('with acceptRate', () => {
    it('refuses what comes faster', async () => {
      const clock = jest.spyOn(asyncScheduler, 'now').mockReturnValue(1_000_000);
      await serve({ acceptRate: 3 });
      for (let i = 0; i < 5; i++) await knock();
      await until('two are refused', () => refused.length === 2);
      clock.mockReturnValue(1_000_334);
      for (let i = 0; i < 2; i++) await knock();
      await until('one more is refused', () => refused.length === 3);
      clock.mockRestore();
      expect([served.length, new Set(reasons())]).toEqual([4, new Set(['acceptRate'])]);
    });

    it("lets it wait with overload: 'wait', unread", async () => {
      await serve({ acceptRate: 50, overload: 'wait' });
      const all = await Promise.all(Array.from({ length: 55 }, () => dial()));
      await Promise.all(all.map(isServed));
      expect([refused, server.stats().waiting]).toEqual([[], 0]);
    });
  });

  describe('with maxHandshakes', () => {
    it('refuses a handshake above it, and takes one when another is over', async () => {
      await serve({ maxHandshakes: 1, tls: SERVER_TLS });
      const stalled = await knock();
      await isClosed(await knock());
      expect(reasons()).toEqual(['maxHandshakes']);
      stalled.destroy();
      await until('it is over', () => server.connectionCount === 0);
      await isServed(await dial({ tls: CLIENT_TLS }));
      await isServed(await dial({ tls: CLIENT_TLS }));
      expect(failures.map(({ stage, probe }) => [stage, probe])).toEqual([['handshake', true]]);
    });

    it("lets it wait with overload: 'wait': its first bytes are unread, and the handshake follows", async () => {
      await serve({ maxHandshakes: 1, tls: SERVER_TLS, overload: 'wait' });
      const stalled = await knock();
      const coming = dial({ tls: CLIENT_TLS });
      await until('it waits', () => server.stats().waiting === 1);
      await turns(20);
      expect(server.connectionCount).toBe(1);
      stalled.end('not TLS');
      await isServed(await coming);
      expect([refused, server.stats().waiting]).toEqual([[], 0]);
    });

    it('says how many wait', async () => {
      await serve({ maxHandshakes: 1, tls: SERVER_TLS, overload: 'wait' });
      for (let i = 0; i < 3; i++) await knock();
      await until('they wait', () => server.stats().waiting === 2);
      expect(inspect(server)).toContain('2 waiting');
    });
  });

  describe("with overload: 'wait'", () => {
    it('leaves a connection above maxConnections unread and without a handler until another is closed', async () => {
      await serve({ maxConnections: 1, overload: 'wait' });
      const first = await dial();
      await isServed(first);
      const second = await dial();
      second.writer.write('good\n');
      await until('it waits', () => server.stats().waiting === 1);
      await turns(20);
      expect(served).toHaveLength(1);
      await first.close();
      expect(`${await second.reader.readExactly(4)}`).toBe('good');
      expect(refused).toEqual([]);
    });

    it('does the same for a given server', async () => {
      const given = createServer().listen(0, host);
      await once(given, 'listening');
      await serve({ server: given, maxConnections: 1, overload: 'wait' });
      const first = await dial();
      await isServed(first);
      const second = await dial();
      await until('it waits', () => server.stats().waiting === 1);
      await first.close();
      await isServed(second);
    });

    it('refuses what the backlog has no place for', async () => {
      await serve({ maxConnections: 1, backlog: 2, overload: 'wait' });
      for (let i = 0; i < 4; i++) await knock();
      await until('one is refused', () => refused.length === 1);
      expect([reasons(), server.stats().waiting, served.length]).toEqual([['backlog'], 2, 1]);
    });

    it.each([false, true])('close() hangs up on those that wait, with TLS: %p', async (tls) => {
      await serve({ maxConnections: 1, overload: 'wait', ...(tls && { tls: SERVER_TLS }) });
      await isServed(await dial(tls ? { tls: CLIENT_TLS } : {}));
      const waiting = [await knock(), await knock()];
      await until('they wait', () => server.stats().waiting === 2);
      const closing = server.close();
      for (const socket of waiting) await isClosed(socket);
      for (const client of clients) await client.close();
      await closing;
      expect([server.stats().waiting, failures]).toEqual([0, []]);
    });

    it('abortClients() hangs up on those that wait, and the server goes on', async () => {
      await serve({ maxConnections: 1, overload: 'wait' });
      await isServed(await dial());
      const waiting = await knock();
      await until('it waits', () => server.stats().waiting === 1);
      server.abortClients();
      await isClosed(waiting);
      await until('all are gone', () => infos.length === 1);
      await isServed(await dial());
    });

    it('a peer that leaves while it waits takes nothing', async () => {
      await serve({ maxConnections: 1, overload: 'wait' });
      const first = await dial();
      await isServed(first);
      const gone = await knock();
      await until('it waits', () => server.stats().waiting === 1);
      gone.resetAndDestroy();
      const second = await dial();
      await until('both wait', () => server.stats().waiting === 2);
      await first.close();
      await isServed(second);
      expect([served.length, failures]).toEqual([2, []]);
    });
  });

  it('a place whose peer has reset before anybody took it does not count for maxConnections', async () => {
    refused = [];
    server = await new Promise((resolve, reject) => {
      listen({ host, port: 0, maxConnections: 1 }).subscribe({ next: resolve, error: reject });
    });
    server.refused$.subscribe((one) => refused.push(one));
    const full = await knock();
    // Its socket is full, so the server does not read on, and does not see the reset.
    full.write(Buffer.alloc(16 * MIB));
    await until('its socket is full', () => full.writableLength > 0 && server.connectionCount === 1);
    await turns(100);
    full.resetAndDestroy();
    await once(full, 'close');
    await turns(20);
    await knock();
    await turns(20);
    expect([refused, server.connectionCount]).toEqual([[], 1]);
  });

  describe('with memoryLimit', () => {
    const frames = ({ reader }: Connection): void => {
      reader.pipe(decode(lengthPrefixed({ bytes: 4 }))).subscribe({ error: () => {} });
    };

    /** Begins a frame of 16 MiB, and sends so many bytes of it, its length among them. */
    async function beginFrame(bytes: number): Promise<Socket> {
      const socket = await knock();
      const begun = Buffer.alloc(bytes);
      begun[0] = 1;
      socket.write(begun);
      return socket;
    }

    const unread = () => served.reduce((sum, { reader }) => sum + reader.bufferedAmount, 0);

    it('ends the connections that hold most, with an error that says why', async () => {
      await serve({ memoryLimit: 2 * MIB }, frames);
      await beginFrame(200 * KIB);
      const large = await beginFrame(1500 * KIB);
      await until('they have arrived', () => unread() === 1700 * KIB);
      expect(infos).toEqual([]);
      await beginFrame(400 * KIB);
      await until('one is closed', () => infos.length === 1);
      const [info] = infos;
      expect(info!.by).toBe('error');
      expect(info!.error).toBeInstanceOf(BufferOverflowError);
      expect(info!.error).toMatchObject({ limit: 2 * MIB });
      expect((info!.error as BufferOverflowError).buffered).toBeGreaterThan(2 * MIB);
      await isClosed(large);
      await until('the others arrive', () => unread() === 600 * KIB);
      expect(failures.map(({ error, stage }) => [error, stage])).toEqual([[info!.error, 'handler']]);
    });

    it('frees the bytes of a connection that it ends, and fails its reads', async () => {
      const errors: unknown[] = [];
      await serve({ memoryLimit: MIB }, async ({ reader }) => {
        errors.push(await failureOf(reader.readExactly(16 * MIB)));
        await failureOf(reader.read(1)).then((error) => errors.push(error));
      });
      await beginFrame(2 * MIB);
      await until('it has failed', () => errors.length === 2);
      expect(errors[0]).toBeInstanceOf(BufferOverflowError);
      expect(errors[1]).toBe(errors[0]);
      expect(unread()).toBe(0);
    });

    it('counts what is queued for peers that do not read', async () => {
      await serve({ memoryLimit: 8 * MIB }, ({ writer }) => {
        for (let i = 0; i < 12; i++) writer.write(Buffer.alloc(MIB));
      });
      const [one, other] = [await knock(), await knock()];
      one.pause();
      other.pause();
      await until('one is closed', () => infos.length > 0);
      expect(infos[0]!.error).toBeInstanceOf(BufferOverflowError);
      const queued = () => served.reduce((sum, { writer }) => sum + writer.bufferedAmount, 0);
      expect(queued()).toBeLessThanOrEqual(8 * MIB);
    });

    it('never ends those whose bytes were read', async () => {
      await serve({ memoryLimit: 100 * KIB });
      const all = await Promise.all(Array.from({ length: 10 }, () => dial()));
      for (let round = 0; round < 20; round++) {
        await Promise.all(
          all.map(async ({ reader, writer }) => {
            writer.write(`${'x'.repeat(5000)}\n`);
            await reader.readExactly(5000);
          }),
        );
      }
      expect([infos, failures]).toEqual([[], []]);
    });

    it('takes no more connections with TLS than it has room for, 40 KiB for each', async () => {
      await serve({ memoryLimit: 100 * KIB, tls: SERVER_TLS });
      const [one] = [await dial({ tls: CLIENT_TLS }), await dial({ tls: CLIENT_TLS })];
      await isClosed(await knock());
      expect(reasons()).toEqual(['memoryLimit']);
      await one!.close();
      await until('it has gone', () => server.connectionCount === 1);
      await isServed(await dial({ tls: CLIENT_TLS }));
    });

    it('counts 40 KiB for an upgrade to TLS', async () => {
      await serve({ memoryLimit: 60 * KIB }, async (connection) => {
        await connection.startTls(SERVER_TLS);
        await connection.closed;
      });
      const [one, other] = [await dial(), await dial()];
      await one!.startTls(CLIENT_TLS);
      await failureOf(other!.startTls(CLIENT_TLS).then(() => other!.reader.readExactly(1)));
      await until('one is closed', () => infos.length === 1);
      expect(infos[0]!.error).toBeInstanceOf(BufferOverflowError);
    });
  });

  it("protection: 'public' serves, and lets one address have 64 connections", async () => {
    await serve({ protection: 'public', tls: SERVER_TLS });
    for (let i = 0; i < 70; i++) await knock();
    await until('the others are refused', () => refused.length === 6);
    await isServed(await dial({ tls: CLIENT_TLS }));
    expect(new Set(reasons())).toEqual(new Set(['maxConnectionsPerAddress']));
    const socket = tlsConnect({ port: portOf(server), host, ...CLIENT_TLS });
    sockets.push(socket);
    await once(socket, 'secureConnect');
  });
});

describe('minReadRate', () => {
  /** When a connection is ended, and why, in virtual time; `''` if never. */
  function ended(incoming: string, chunks: Record<string, string>, options: ConnectionOptions): string {
    let told = '';
    runMarbles(({ scheduler, connection: open }) => {
      const connection = open(incoming, chunks, options);
      connection.closed$.subscribe(({ by, error }) => {
        if (by === 'timeout') told = `${(error as SocketTimeoutError).what} at ${scheduler.now() / 1000} s`;
      });
      connection.reader.pipe(lines()).subscribe({ error: () => {} });
      scheduler.schedule(() => connection.destroy(), 60_000);
    });
    return told;
  }

  const minReadRate = 2;

  it('ends a peer that sends a frame too slowly, however many bytes it sends now and then', () => {
    expect(ended('a', { a: 'x' }, { minReadRate })).toBe('read-rate at 5 s');
    expect(ended('a 2s a 2s a 2s a 2s a', { a: 'x' }, { minReadRate })).toBe('read-rate at 5 s');
  });

  it('lets a peer be that sends at the least rate, or whose frames are whole', () => {
    expect(ended('a 2s a 2s a 2s a 2s b', { a: 'xxxxx', b: 'x\n' }, { minReadRate })).toBe('');
    expect(ended('a 9s a 9s a 9s a', { a: 'x\n' }, { minReadRate })).toBe('');
    expect(ended('', {}, { minReadRate })).toBe('');
  });

  it('works beside frameTimeout', () => {
    const both = { minReadRate, frameTimeout: 12_000 };
    expect(ended('a', { a: 'x' }, both)).toBe('read-rate at 5 s');
    expect(ended('a 2s a 2s a 2s a 2s a 2s a 2s a', { a: 'xxxxx' }, both)).toBe('frame at 12 s');
  });

  it('counts only while a read waits', () => {
    let told: CloseInfo | undefined;
    runMarbles(({ scheduler, connection: open }) => {
      const connection = open('a', { a: 'x' }, { minReadRate });
      connection.closed$.subscribe((info) => {
        told = info;
      });
      connection.reader.pipe(lines()).subscribe({ error: () => {} });
      scheduler.schedule(() => void connection.reader.pause(), 1000);
      scheduler.schedule(() => connection.destroy(), 60_000);
    });
    expect(told?.by).toBe('local');
  });
});
