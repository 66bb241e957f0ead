// Proves which peer a connection has behind a proxy, and what becomes of sockets without a right header.
import { createServer, connect as rawConnect, type Socket } from 'node:net';
import { firstValueFrom } from 'rxjs';
import {
  type Connection,
  IncompleteReadError,
  InvalidFrameError,
  LimitOverrunError,
  type ListenOptions,
  listen,
  openConnection,
  type RefusedConnection,
  type Server,
  type ServerFailure,
  SocketTimeoutError,
  startServer,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { knock } from '../support/knock';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';
const LINE = 'PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n';
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const LOCAL = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0, 0, 0])]);
const client = { address: '192.0.2.1', port: 56_324 };
const destination = { address: '198.51.100.1', port: 443 };

describe('a server with proxyProtocol', () => {
  let server: Server;
  let accepted: Connection[];
  let failures: ServerFailure[];
  let refused: RefusedConnection[];
  const sockets: Socket[] = [];
  /** The local ports of the sockets, in the order in which they have connected. */
  let ports: (number | undefined)[];

  async function serve(options: Partial<ListenOptions> = {}, proxy: Partial<ListenOptions['proxyProtocol']> = {}) {
    accepted = [];
    failures = [];
    refused = [];
    ports = [];
    const place = options.path === undefined && options.server === undefined ? { host, port: 0 } : {};
    server = await startServer(
      async (connection) => {
        accepted.push(connection);
        connection.writer.write(await connection.reader.readAll());
      },
      { ...place, proxyProtocol: { from: ['127.0.0.1', 'unix'], ...proxy }, ...options },
    );
    server.errors.subscribe((failure) => failures.push(failure));
    server.refused$.subscribe((one) => refused.push(one));
  }

  /** Connects and sends chunks, each in a turn of its own. */
  async function send(...chunks: (string | Uint8Array)[]): Promise<Socket> {
    const socket = dial();
    for (const chunk of chunks) {
      await new Promise((resolve) => socket.write(chunk, resolve));
      await turns(2);
    }
    return socket;
  }

  function dial(): Socket {
    const { port } = server;
    const socket = (port === undefined ? rawConnect(server.address() as string) : rawConnect(port, host))
      .on('error', () => {})
      .setNoDelay(true);
    socket.once('connect', () => ports.push(socket.localPort));
    sockets.push(socket);
    return socket;
  }

  async function answerTo(...chunks: (string | Uint8Array)[]): Promise<string> {
    const socket = await send(...chunks);
    socket.end();
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer;
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.abortClients();
    await server.close();
  });

  it('has the client as peer, and the rest in connection.proxy', async () => {
    await serve();
    expect(await answerTo(`${LINE}hello`)).toBe('hello');
    const [connection] = accepted as [Connection];
    expect(connection).toMatchObject({ remoteAddress: '192.0.2.1', remotePort: 56_324, remoteFamily: 'IPv4' });
    expect(connection.localPort).toBe(server.port);
    expect(connection.writer.getExtraInfo('peername')).toEqual({ ...client, family: 'IPv4' });
    expect(connection.writer.getExtraInfo('sockname')).toEqual({ address: host, port: server.port, family: 'IPv4' });
    expect(connection.toJSON().remote).toBe('192.0.2.1:56324');
    const { proxy } = connection;
    expect(proxy).toMatchObject({ version: 1, local: false, source: client, destination, tlvs: {} });
    expect(proxy?.from).toEqual({ address: host, port: ports[0] });
    expect([connection.bytesRead, server.stats().bytesRead]).toEqual([5, 5]);
    expect(failures).toEqual([]);
  });

  it('reads a header from any segments, byte by byte too', async () => {
    await serve();
    expect(await answerTo(...`${LINE}x`)).toBe('x');
    expect(await answerTo(LINE, 'y')).toBe('y');
    expect(accepted.map(({ remotePort, bytesRead }) => [remotePort, bytesRead])).toEqual([
      [56_324, 1],
      [56_324, 1],
    ]);
  });

  it('gives a second header to the handler: only the first is one', async () => {
    await serve();
    expect(await answerTo(LINE + LINE)).toBe(LINE);
  });

  it.each([
    ['LOCAL', LOCAL, { version: 2, local: true }],
    ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), { version: 1, local: false }],
  ])('has the proxy as peer behind %s', async (_, header, expected) => {
    await serve();
    expect(await answerTo(header, 'hello')).toBe('hello');
    const [connection] = accepted as [Connection];
    expect(connection.remoteAddress).toBe(host);
    expect(connection.proxy).toMatchObject({ ...expected, from: { address: host, port: connection.remotePort } });
    expect(connection.proxy?.source).toBeUndefined();
  });

  it('has a peer of another family, or on a Unix socket', async () => {
    await serve();
    await answerTo('PROXY TCP6 2001:DB8::1 ::1 1 2\r\n');
    const paths = Buffer.alloc(216);
    paths.write('/run/client');
    await answerTo(SIGNATURE, Buffer.from([0x21, 0x31, 0, 216]), paths);
    const [six, unix] = accepted as [Connection, Connection];
    expect(six).toMatchObject({ remoteAddress: '2001:db8::1', remoteFamily: 'IPv6' });
    expect(six.writer.getExtraInfo('sockname')).toMatchObject({ address: host, family: 'IPv4' });
    expect(unix).toMatchObject({ remoteAddress: undefined, remotePort: undefined });
    expect(unix.writer.getExtraInfo('peername')).toBe('/run/client');
  });

  it('never gives an address to a peer that is not a proxy: its header is data', async () => {
    await serve({}, { from: ['10.0.0.0/8', 'unix'] });
    expect(await answerTo(LINE)).toBe(LINE);
    const [connection] = accepted as [Connection];
    expect(connection.remoteAddress).toBe(host);
    expect(connection.proxy).toBeUndefined();
  });

  it('trusts an IPv4 proxy on a listener for both families', async () => {
    await serve({ host: '::' });
    await answerTo(LINE);
    expect(accepted[0]?.remoteAddress).toBe('192.0.2.1');
    expect(accepted[0]?.proxy?.from.address).toBe('::ffff:127.0.0.1');
  });

  it.each([['unix'], ['127.0.0.1']])('on a Unix socket reads headers if it trusts them: %s', async (from) => {
    const paths = socketPaths();
    await serve({ path: paths.path('s') }, { from: [from] });
    await answerTo(LINE, 'hello');
    const [connection] = accepted as [Connection];
    expect(connection.remoteAddress).toBe(from === 'unix' ? '192.0.2.1' : undefined);
    // The method of a Unix socket throws.
    connection.reset();
    await server.close();
    paths.remove();
  });

  it('resets a connection over TCP whose client has a path', async () => {
    await serve();
    const socket = await send(SIGNATURE, Buffer.from([0x21, 0x31, 0, 216]), Buffer.alloc(216));
    await until('it is accepted', () => accepted.length === 1);
    const reset = new Promise((resolve) => socket.once('error', resolve));
    accepted[0]?.reset();
    expect(await reset).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each<[string, (string | Uint8Array)[], Error]>([
    ['no header', ['GET / HTTP/1.1\r\n'], new InvalidFrameError('there is no PROXY header', 0)],
    ['TLS', ['\x16'], new InvalidFrameError('there is no PROXY header', 0)],
    ['a wrong header', ['PROXY TCP5', '\r\n'], new InvalidFrameError('the family is not TCP4, TCP6 or UNKNOWN', 6)],
    ['a long line', ['PROXY ', 'x'.repeat(200)], new LimitOverrunError(107, 107)],
    ['a long header', [SIGNATURE, Buffer.from([0x21, 0x11, 2, 9])], new LimitOverrunError(536, 537)],
  ])('refuses %s', async (_, chunks, error) => {
    await serve();
    await send(...chunks);
    await until('it fails', () => failures.length === 1);
    expect(failures).toEqual([{ error, remoteAddress: host, remotePort: ports[0], stage: 'proxy', probe: false }]);
    expect([accepted.length, server.connectionCount, server.stats().failed]).toEqual([0, 0, 1]);
  });

  it('fails for a header that ends in between, and for one that is reset', async () => {
    await serve();
    (await send('PROXY TCP4 ')).end();
    await until('it fails', () => failures.length === 1);
    (await send('PROXY TCP4 ')).resetAndDestroy();
    await until('it fails', () => failures.length === 2);
    expect(failures[0]).toMatchObject({ error: { partial: Buffer.from('PROXY TCP4 ') }, stage: 'proxy', probe: false });
    expect(failures[0]?.error).toBeInstanceOf(IncompleteReadError);
    expect(failures[1]).toMatchObject({ error: { code: 'ECONNRESET' }, stage: 'proxy', probe: false });
  });

  it.each(['end', 'resetAndDestroy'] as const)('takes a check that leaves by %s for a probe', async (leave) => {
    await serve();
    await knock(server.port as number, leave);
    await until('it fails', () => failures.length === 1);
    expect(failures[0]).toMatchObject({ stage: 'proxy', probe: true });
  });

  it('takes a check that leaves behind its header for a probe', async () => {
    await serve();
    const socket = await send(LOCAL);
    await until('it is accepted', () => accepted.length === 1);
    socket.resetAndDestroy();
    await until('it fails', () => failures.length === 1);
    expect(failures[0]).toMatchObject({ stage: 'handler', probe: true, error: { code: 'ECONNRESET' } });
  });

  it('gives a header so many milliseconds from the connect on, whatever arrives meanwhile', async () => {
    await serve({}, { timeout: 40 });
    await send('PROXY');
    await send();
    await until('both have failed', () => failures.length === 2);
    for (const failure of failures) {
      expect(failure).toMatchObject({ error: new SocketTimeoutError('proxy', 40), stage: 'proxy', probe: false });
    }
    expect(failures.map(({ remotePort }) => remotePort)).toEqual(ports);
    // The clock goes on for those that come later.
    await send('PROXY');
    await until('it has failed', () => failures.length === 3);
  });

  it('waits for ever with a timeout of 0, and drops what is pending when it closes', async () => {
    await serve({}, { timeout: 0 });
    await send('PROXY');
    await until('it waits', () => server.connectionCount === 1);
    await server.close();
    expect([failures, accepted]).toEqual([[], []]);
  });

  it('drops pending headers when clients are aborted, and goes on', async () => {
    await serve();
    const socket = await send('PROXY');
    await until('it waits', () => server.connectionCount === 1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    server.abortClients();
    await closed;
    expect(await answerTo(LINE, 'hello')).toBe('hello');
    expect(failures).toEqual([]);
  });

  it('lets as many headers wait as connections in the backlog: the oldest goes first', async () => {
    await serve({ backlog: 2 });
    const waiting: Socket[] = [];
    for (let i = 0; i < 3; i++) waiting.push(await send('PROXY'));
    await until('one is refused', () => refused.length === 1);
    expect(refused).toEqual([{ remoteAddress: host, remotePort: ports[0], reason: 'backlog' }]);
    waiting[2]?.end(' UNKNOWN\r\n');
    await until('the newest is accepted', () => accepted.length === 1);
    expect(accepted[0]?.remotePort).toBe(ports[2]);
  });

  it('accepts many that come at once with their headers, whatever the backlog', async () => {
    // The given server has a backlog of its own in the kernel.
    const given = createServer();
    await new Promise<void>((resolve) => given.listen(0, host, resolve));
    await serve({ server: given, backlog: 2 });
    const many = Array.from({ length: 50 }, () => dial());
    for (const socket of many) socket.end(LINE);
    await until('all are accepted', () => accepted.length === 50);
    expect(refused).toEqual([]);
  });

  it('counts pending headers for maxConnections', async () => {
    await serve({ maxConnections: 1 });
    await send('PROXY');
    await until('it waits', () => server.connectionCount === 1);
    await send(LINE);
    await until('one is refused', () => refused.length === 1);
    expect(refused[0]).toMatchObject({ remoteAddress: host, reason: 'maxConnections' });
  });

  it('reads headers of the sockets of a given server', async () => {
    const given = createServer();
    await new Promise<void>((resolve) => given.listen(0, host, resolve));
    await serve({ server: given });
    expect(await answerTo(LINE, 'hello')).toBe('hello');
    expect(accepted[0]?.remoteAddress).toBe('192.0.2.1');
    (await send('PROXY TCP4 ')).end();
    await until('it fails', () => failures.length === 1);
  });

  it('keeps what follows the header while nobody takes the connection', async () => {
    await serve();
    await server.close();
    server = await new Promise((resolve) =>
      listen({ host, port: 0, backlog: 1, proxyProtocol: { from: [host] } }).subscribe(resolve),
    );
    server.refused$.subscribe((one) => refused.push(one));
    await send(`${LINE}hello`);
    await until('it waits', () => server.connectionCount === 1);
    await send(LINE);
    await until('another is refused', () => refused.length === 1);
    expect(refused).toEqual([{ remoteAddress: '192.0.2.1', remotePort: 56_324, reason: 'backlog' }]);
    const connection = await firstValueFrom(server.connections);
    expect(`${await connection.reader.readExactly(5)}`).toBe('hello');
    expect([connection.remoteAddress, connection.bytesRead]).toEqual(['192.0.2.1', 5]);
  });

  describe('with required: false', () => {
    beforeEach(() => serve({}, { required: false, timeout: 40 }));

    it.each([
      ['other bytes', ['hello']],
      ['bytes like a header, in any segments', ['PRO', 'X', 'Y!']],
      ['the beginning of a binary header', ['\r\n\r\n', '\0\r\nQUIT', '!']],
    ])('takes a connection with %s as it is', async (_, chunks) => {
      expect(await answerTo(...chunks)).toBe(chunks.join(''));
      expect(accepted[0]).toMatchObject({ remoteAddress: host, proxy: undefined });
      expect(accepted[0]?.bytesRead).toBe(chunks.join('').length);
    });

    it('takes a connection that is silent, or stops in the middle, when the time is over', async () => {
      await send();
      const socket = await send('PRO');
      await until('both are accepted', () => accepted.length === 2);
      socket.end('BLEM');
      await accepted[1]?.closed;
      expect([accepted[1]?.bytesRead, failures]).toEqual([7, []]);
    });

    it('reads a header that is there, and refuses a wrong one, or half of one', async () => {
      expect(await answerTo(LINE, 'hello')).toBe('hello');
      expect(accepted[0]?.remoteAddress).toBe('192.0.2.1');
      await send('PROXY TCP5\r\n');
      await send('PROXY ');
      await until('both fail', () => failures.length === 2);
      expect(failures.map(({ error }) => (error as Error).name)).toEqual(['InvalidFrameError', 'SocketTimeoutError']);
    });
  });

  describe('with TLS', () => {
    it('reads the header before the handshake, in one segment with it too', async () => {
      await serve({ tls: SERVER_TLS });
      for (const tls of [CLIENT_TLS, { ...CLIENT_TLS, maxVersion: 'TLSv1.2' as const }]) {
        const { reader, writer } = await openConnection({
          host,
          port: server.port,
          tls,
          proxyProtocol: { version: 1, source: client, destination },
        });
        writer.write('hello');
        writer.writeEof();
        expect(`${await reader.readAll()}`).toBe('hello');
        writer.close();
      }
      expect(accepted).toHaveLength(2);
      for (const { remoteAddress, remotePort, proxy, bytesRead } of accepted) {
        expect([remoteAddress, remotePort, proxy?.source, bytesRead]).toEqual(['192.0.2.1', 56_324, client, 5]);
      }
    });

    it('has the client in the failures of handshakes, and knows probes', async () => {
      await serve({ tls: SERVER_TLS, handshakeTimeout: 60 });
      await send(LINE, 'no handshake');
      await until('it fails', () => failures.length === 1);
      expect(failures[0]).toMatchObject({ stage: 'handshake', remoteAddress: '192.0.2.1', probe: false });
      (await send(LOCAL)).resetAndDestroy();
      await until('it fails', () => failures.length === 2);
      expect(failures[1]).toMatchObject({ stage: 'handshake', remoteAddress: host, probe: true });
      await send(LINE);
      await until('it fails', () => failures.length === 3);
      expect(failures[2]).toMatchObject({ error: { what: 'handshake' }, remoteAddress: '192.0.2.1' });
    });

    it('leaves a client that is no proxy alone', async () => {
      await serve({ tls: SERVER_TLS }, { from: ['10.0.0.1'] });
      const { reader, writer } = await openConnection({ host, port: server.port, tls: CLIENT_TLS });
      writer.write('hello');
      writer.writeEof();
      expect(`${await reader.readAll()}`).toBe('hello');
    });

    it('closes while a header or a handshake is pending', async () => {
      await serve({ tls: SERVER_TLS });
      await send('PROXY');
      await send(LINE);
      await until('both wait', () => server.connectionCount === 2);
      await server.close();
      expect(failures).toEqual([]);
    });
  });

  it('keeps the client after startTls', async () => {
    await serve();
    await server.close();
    const paired: Connection[] = [];
    server = await startServer(
      async (connection) => {
        paired.push(connection);
        await connection.startTls(SERVER_TLS);
        connection.writer.write(await connection.reader.readAll());
      },
      { host, port: 0, proxyProtocol: { from: [host] } },
    );
    const connection = await openConnection({
      host,
      port: server.port,
      proxyProtocol: { source: client, destination },
    });
    await connection.startTls(CLIENT_TLS);
    connection.writer.write('hello');
    connection.writer.writeEof();
    expect(`${await connection.reader.readAll()}`).toBe('hello');
    expect(paired[0]).toMatchObject({ remoteAddress: '192.0.2.1', proxy: { version: 2, source: client } });
    expect(paired[0]?.bytesRead).toBe(5);
    await connection.close();
  });

  it.each([
    [{ from: [] }, 'Cannot use [] as proxyProtocol.from'],
    [{ from: ['proxy.local'] }, "Cannot use 'proxy.local' in proxyProtocol.from"],
    [{ from: [host], required: 1 }, 'Cannot use 1 as proxyProtocol.required'],
    [{ from: [host], timeout: -1 }, 'Cannot use -1 as proxyProtocol.timeout'],
    [true, 'Cannot listen with proxyProtocol'],
    [null, 'Cannot listen with proxyProtocol'],
  ])('refuses the options %j', async (proxyProtocol, message) => {
    await serve();
    expect(() => startServer(() => {}, { port: 0, proxyProtocol: proxyProtocol as never })).toThrow(message);
  });
});
