// Proves the ways to a peer: host and port, path, a socket or any Duplex, and TLS on each of them.
import { getEventListeners } from 'node:events';
import { connect as connectRaw, Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import {
  type Connection,
  ConnectionClosedError,
  type ConnectOptions,
  connect,
  openConnection,
  type Server,
  startServer,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { duplexPair } from '../support/duplexPair';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { rawServer } from '../support/rawServer';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

const echo = ({ reader, writer }: Connection) => void reader.subscribe(writer);

/** Sends a line, reads its echo, and closes. */
async function proveEcho({ reader, writer }: Connection): Promise<void> {
  writer.write('hello\n');
  await writer.drain();
  expect(`${await reader.readLine()}`).toBe('hello\n');
  writer.close();
  await writer.waitClosed();
}

describe('openConnection', () => {
  let server: Server;

  beforeEach(async () => {
    server = await startServer(echo, { host, port: 0 });
  });

  afterEach(() => server.close());

  it('connects to a host and port', async () => proveEcho(await openConnection({ host, port: portOf(server) })));

  it('connects to localhost when no host is given', async () => {
    const local = await startServer(echo, { host: 'localhost', port: 0 });
    await proveEcho(await openConnection({ port: portOf(local) }));
    await local.close();
  });

  it('connects to a path', async () => {
    const paths = socketPaths();
    const path = paths.path('echo.sock');
    const unix = await startServer(echo, { path });
    await proveEcho(await openConnection({ path }));
    await unix.close();
    paths.remove();
  });

  it("turns Nagle's algorithm off by default", async () => {
    const setNoDelay = jest.spyOn(Socket.prototype, 'setNoDelay');
    (await openConnection({ host, port: portOf(server) })).destroy();
    const asked = setNoDelay.mock.calls.length;
    setNoDelay.mockRestore();
    // Node sets it on the handle, without the method, when `noDelay` is an option of connect.
    expect(asked).toBe(0);
    const connection = await openConnection({ host, port: portOf(server), noDelay: false });
    await proveEcho(connection);
  });

  it('stays half-open when the peer ends', async () => {
    const { port, sockets, close } = await rawServer((socket) => socket.end('bye'));
    const { reader, writer, closed } = await openConnection({ host, port });
    expect(`${await reader.readAll()}`).toBe('bye');
    await turns(5);
    expect(writer.write('still here')).toBe(true);
    writer.writeEof();
    expect(await closed).toEqual({ by: 'peer' });
    let received = '';
    sockets[0]!.on('data', (chunk) => (received += chunk));
    await until('it has arrived', () => received === 'still here');
    await close();
  });

  it('ends its side after the peer with halfOpen: false, once everything is read', async () => {
    const { port, sockets, close } = await rawServer((socket) => socket.end('bye'));
    const { reader, writer, closed } = await openConnection({ host, port, halfOpen: false });
    await until('the end has come', () => reader.bufferedAmount === 3);
    await turns(5);
    expect(writer.write('still here')).toBe(true);
    expect(`${await reader.readAll()}`).toBe('bye');
    expect(await closed).toEqual({ by: 'peer' });
    let received = '';
    sockets[0]!.on('data', (chunk) => (received += chunk));
    await until('it has arrived', () => received === 'still here');
    await close();
  });

  it('accepts an IPv6 address in brackets, as in URLs, also with TLS', async () => {
    for (const tls of [undefined, SERVER_TLS]) {
      const local = await startServer(echo, { host: '::1', port: 0, tls });
      await proveEcho(await openConnection({ host: '[::1]', port: portOf(local), ...(tls && { tls: CLIENT_TLS }) }));
      await local.close({ timeout: 1 });
    }
  });

  it('leaves the look-up to Node with autoSelectFamily: false', async () => {
    const asked: unknown[] = [];
    const lookup = (_name: string, options: { all?: boolean }, found: (...answer: unknown[]) => void) => {
      asked.push(options.all ?? false);
      found(null, host, 4);
    };
    const options = { host: 'one.example', port: portOf(server), lookup: lookup as never };
    await proveEcho(await openConnection({ ...options, autoSelectFamily: false }));
    await proveEcho(await openConnection(options));
    expect(asked).toEqual([false, true]);
  });

  it('dials every address of a name from its localAddress and localPort', async () => {
    const free = await rawServer();
    await free.close();
    const lookup = (_name: string, options: { family?: number }, found: (...answer: unknown[]) => void) => {
      expect(options.family).toBe(4);
      found(
        null,
        ['127.0.0.3', host].map((address) => ({ address, family: 4 })),
      );
    };
    const connection = await openConnection({
      host: 'two.example',
      port: portOf(server),
      lookup: lookup as never,
      localAddress: host,
      localPort: free.port,
    });
    expect(connection).toMatchObject({ localAddress: host, localPort: free.port, remoteAddress: host });
    await proveEcho(connection);
  });

  it('rejects with the error of net.connect, at once or after a look-up, and releases its signal', async () => {
    const { signal } = new AbortController();
    const bad = { port: portOf(server), localAddress: 'nowhere', connectTimeout: 60_000, signal };
    for (const name of [host, 'localhost']) {
      expect(await failureOf(openConnection({ ...bad, host: name }))).toMatchObject({ code: 'ERR_INVALID_IP_ADDRESS' });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects with the system error, untouched', async () => {
    const { port, close } = await rawServer();
    await close();
    const error = await failureOf(openConnection({ host, port }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', address: host, port });
  });

  it('rejects with the reason of its signal, which later ends the connection', async () => {
    const reason = new Error('enough');
    const options = { host, port: portOf(server) };
    expect(await failureOf(openConnection({ ...options, signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const opening = failureOf(openConnection({ ...options, signal: controller.signal }));
    controller.abort(reason);
    expect(await opening).toBe(reason);
    const other = new AbortController();
    const { closed } = await openConnection({ ...options, signal: other.signal });
    other.abort(reason);
    expect(await closed).toEqual({ by: 'local', error: reason });
  });

  it('throws for invalid options, at the call', () => {
    expect(() => openConnection({})).toThrow(TypeError);
    // @ts-expect-error: not a stream
    expect(() => openConnection({ socket: 5 })).toThrow(
      'Cannot connect on a socket of type number: it must be a Duplex',
    );
    expect(() => openConnection({ port: -1 })).toThrow(RangeError);
    expect(() => openConnection({ port: 1, handshakeTimeout: -1 })).toThrow(RangeError);
  });

  it.each([
    [null, 'Cannot connect with null as tls: it must be a boolean or options'],
    ['', "Cannot connect with '' as tls: it must be a boolean or options"],
    ['true', "Cannot connect with 'true' as tls: it must be a boolean or options"],
    [0, 'Cannot connect with 0 as tls: it must be a boolean or options'],
    [1, 'Cannot connect with 1 as tls: it must be a boolean or options'],
  ])('throws for tls: %p instead of using plaintext, as connect does', (tls, message) => {
    const options = { host, port: portOf(server), tls } as ConnectOptions;
    expect(() => openConnection(options)).toThrow(new TypeError(message));
    expect(() => connect(options)).toThrow(new TypeError(message));
  });

  it.each([[null], [5], ['abort'], [{}]])('throws for the signal %p', (signal) => {
    const options = { host, port: portOf(server), signal } as unknown as ConnectOptions;
    expect(() => openConnection(options)).toThrow(TypeError);
    expect(() => connect(options)).toThrow(TypeError);
  });

  it.each([
    ['autoSelectFamilyAttemptTimeout', 'x'],
    ['lookup', 5],
  ])('throws for the option %s %p', (name, value) => {
    const options = { host: 'localhost', port: portOf(server), [name]: value } as ConnectOptions;
    expect(() => openConnection(options)).toThrow(new RegExp(`as ${name}: it must be a`));
    expect(() => connect(options)).toThrow(TypeError);
  });

  it.each([
    ['family', 'x'],
    ['hints', 'x'],
    ['host', 5],
    ['localAddress', 'nowhere'],
    ['localPort', 'x'],
    ['objectMode', true],
  ])('rejects for the option %s %p, which Node refuses, and connect errors', async (name, value) => {
    const options = { host: 'localhost', port: portOf(server), [name]: value } as ConnectOptions;
    expect(await failureOf(openConnection(options))).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    const dialing = new Promise((resolve, reject) => connect(options).subscribe({ next: resolve, error: reject }));
    expect(await failureOf(dialing)).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
  });

  it('treats undefined options as absent', async () => {
    const nothing = { family: undefined, hints: undefined, lookup: undefined, localAddress: undefined };
    const more = { noDelay: undefined, keepAlive: undefined, keepAliveInitialDelay: undefined, signal: undefined };
    await proveEcho(await openConnection({ host, port: portOf(server), tls: undefined, ...nothing, ...more }));
  });

  describe('on a socket', () => {
    it('accepts a connected one', async () => {
      const socket = connectRaw(portOf(server), host);
      await new Promise((resolve) => socket.once('connect', resolve));
      const connection = await openConnection({ socket });
      expect(connection.remotePort).toBe(portOf(server));
      expect(connection.writer.getExtraInfo('socket')).toBe(socket);
      await proveEcho(connection);
      expect(socket.destroyed).toBe(true);
    });

    it('accepts one that is still connecting', async () => {
      const connection = await openConnection({ socket: connectRaw(portOf(server), host) });
      expect(connection.remotePort).toBe(portOf(server));
      await proveEcho(connection);
    });

    it('rejects when it fails to connect', async () => {
      const { port, close } = await rawServer();
      await close();
      expect(await failureOf(openConnection({ socket: connectRaw(port, host) }))).toMatchObject({
        code: 'ECONNREFUSED',
      });
    });

    it('reads what arrived before, and stays half-open even if the socket was not', async () => {
      const { port, close } = await rawServer((socket) => socket.end('early'));
      const socket = connectRaw({ port, host, allowHalfOpen: false });
      await new Promise((resolve) => socket.once('readable', resolve));
      const connection = await openConnection({ socket });
      expect(`${await connection.reader.readAll()}`).toBe('early');
      await turns(5);
      expect(connection.writer.write('still here')).toBe(true);
      await connection.writer.flush();
      connection.destroy();
      await close();
    });

    it('accepts any Duplex, with the same frames, ends and pressure', async () => {
      const [one, other] = duplexPair();
      const [near, far] = [await openConnection({ socket: one }), await openConnection({ socket: other })];
      near.writer.write('line\nrest');
      expect(`${await far.reader.readLine()}`).toBe('line\n');
      const sent = Buffer.alloc(2 * 1024 * 1024, 'abc');
      far.writer.write(sent);
      expect(far.writer.write('x')).toBe(false);
      far.writer.writeEof();
      await turns(50);
      expect(near.reader.bufferedAmount).toBeLessThanOrEqual(2 * 64 * 1024 + 256 * 1024);
      expect((await near.reader.readExactly(sent.length)).equals(sent)).toBe(true);
      expect(`${await near.reader.readAll()}`).toBe('x');
      near.writer.close();
      expect(`${await far.reader.readAll()}`).toBe('rest');
      expect(await near.closed).toEqual({ by: 'peer' });
      expect(await far.closed).toEqual({ by: 'local' });
      expect(near.remoteAddress).toBeUndefined();
    });

    it('passes on the error of a Duplex', async () => {
      const [one, other] = duplexPair();
      const near = await openConnection({ socket: one });
      const broken = new Error('broken');
      one.destroy(broken);
      expect(await near.closed).toEqual({ by: 'error', error: broken });
      expect(await failureOf(near.reader.read(1))).toBe(broken);
      other.destroy();
    });

    it('resets a Duplex by destroying it', async () => {
      const [one, other] = duplexPair();
      const near = await openConnection({ socket: one });
      near.reset();
      expect(await near.closed).toEqual({ by: 'local' });
      expect(one.destroyed).toBe(true);
      other.destroy();
    });

    it('reports at once one that was closed before', async () => {
      const [one, other] = duplexPair();
      one.destroy();
      await new Promise((resolve) => one.once('close', resolve));
      const near = await openConnection({ socket: one });
      expect(await near.closed).toEqual({ by: 'local' });
      expect(() => near.writer.write('x')).toThrow(ConnectionClosedError);
      other.destroy();
    });

    it('sees the end of one whose readable side had ended before', async () => {
      const [one, other] = duplexPair();
      one.resume();
      other.end();
      await new Promise((resolve) => one.once('end', resolve));
      const near = await openConnection({ socket: one });
      expect(await near.reader.readAll()).toHaveLength(0);
      near.writer.writeEof();
      expect(await near.closed).toEqual({ by: 'peer' });
      other.destroy();
    });

    it('closes one whose writable side had ended before cleanly', async () => {
      const [one, other] = duplexPair();
      one.end();
      await new Promise((resolve) => one.once('finish', resolve));
      const near = await openConnection({ socket: one });
      other.write('rest');
      expect(`${await near.reader.readExactly(4)}`).toBe('rest');
      expect(await near.close({ timeout: 200 })).toEqual({ by: 'local' });
      other.destroy();
    });
  });

  describe('over TLS', () => {
    let tlsServer: Server;
    let sockets: TLSSocket[];

    beforeEach(async () => {
      sockets = [];
      const handler = (connection: Connection) => {
        sockets.push(connection.writer.getExtraInfo('socket') as TLSSocket);
        echo(connection);
      };
      tlsServer = await startServer(handler, { host, port: 0, tls: { ...SERVER_TLS, ALPNProtocols: ['echo'] } });
      tlsServer.errors.subscribe();
    });

    afterEach(() => tlsServer.close());

    it('verifies the host name it dials, and sends it (SNI)', async () => {
      const lookup = ((_name: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) =>
        options.all ? done(null, [{ address: host, family: 4 }]) : done(null, host, 4)) as never;
      const port = portOf(tlsServer);
      await proveEcho(await openConnection({ host: 'localhost', port, lookup, tls: { ca: SERVER_TLS.cert } }));
      expect((sockets[0] as { servername?: string }).servername).toBe('localhost');
      const error = await failureOf(openConnection({ host: 'wrong.test', port, lookup, tls: { ca: SERVER_TLS.cert } }));
      expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'wrong.test' });
    });

    it('verifies an address, and sends no name', async () => {
      await proveEcho(await openConnection({ host, port: portOf(tlsServer), tls: { ca: SERVER_TLS.cert } }));
      expect((sockets[0] as { servername?: string | false }).servername).toBe(false);
    });

    it('refuses an address that the certificate does not have', async () => {
      const server6 = await startServer(echo, { host: '127.0.0.2', port: 0, tls: SERVER_TLS });
      server6.errors.subscribe();
      const error = await failureOf(
        openConnection({ host: '127.0.0.2', port: portOf(server6), tls: { ca: SERVER_TLS.cert } }),
      );
      expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
      await server6.close();
    });

    it('verifies the given servername instead', async () => {
      await proveEcho(await openConnection({ host, port: portOf(tlsServer), tls: CLIENT_TLS }));
      const wrong = { ...CLIENT_TLS, servername: 'wrong.test' };
      const error = await failureOf(openConnection({ host, port: portOf(tlsServer), tls: wrong }));
      expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'wrong.test' });
    });

    it('refuses an untrusted certificate, with the error untouched', async () => {
      const error = await failureOf(openConnection({ host, port: portOf(tlsServer), tls: true }));
      expect(error).toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/) });
    });

    it('accepts any certificate when verification is off', async () => {
      const tls = { rejectUnauthorized: false };
      await proveEcho(await openConnection({ host, port: portOf(tlsServer), tls }));
    });

    it('agrees on a protocol (ALPN), and shows it', async () => {
      const tls = { ...CLIENT_TLS, ALPNProtocols: ['other', 'echo'] };
      const connection = await openConnection({ host, port: portOf(tlsServer), tls });
      expect(connection.writer.getExtraInfo('alpn')).toBe('echo');
      await proveEcho(connection);
    });

    it('works over a path, with a servername', async () => {
      const paths = socketPaths();
      const path = paths.path('tls.sock');
      const unix = await startServer(echo, { path, tls: SERVER_TLS });
      await proveEcho(await openConnection({ path, tls: CLIENT_TLS }));
      await unix.close();
      paths.remove();
    });

    it('works over a connected socket', async () => {
      const socket = connectRaw({ port: portOf(tlsServer), host, allowHalfOpen: false });
      await new Promise((resolve) => socket.once('connect', resolve));
      await proveEcho(await openConnection({ socket, tls: CLIENT_TLS }));
      expect(socket.destroyed).toBe(true);
    });

    it('works over any Duplex', async () => {
      const [one, other] = duplexPair();
      const raw = connectRaw(portOf(tlsServer), host);
      other.pipe(raw).pipe(other);
      await proveEcho(await openConnection({ socket: one, tls: CLIENT_TLS }));
      expect(one.destroyed).toBe(true);
      raw.destroy();
      other.destroy();
    });

    it('gives up a handshake over any Duplex', async () => {
      const [one, other] = duplexPair();
      const controller = new AbortController();
      const opening = failureOf(openConnection({ socket: one, tls: CLIENT_TLS, signal: controller.signal }));
      await turns(2);
      controller.abort();
      expect(await opening).toBe(controller.signal.reason);
      await until('the stream is gone', () => one.destroyed);
      other.destroy();
    });

    it('rejects when the peer speaks no TLS', async () => {
      const { port, close } = await rawServer((socket) => socket.end('220 plain text\r\n'));
      const error = await failureOf(openConnection({ host, port, tls: true }));
      expect(error).toMatchObject({ code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) });
      await close();
    });

    it.each([
      ['breaks off', 'destroy'],
      ['ends', 'end'],
    ] as const)("rejects with Node's error when the peer %s in the handshake", async (_, how) => {
      const { port, close } = await rawServer((socket) => socket.once('data', () => socket[how]()));
      const error = await failureOf(openConnection({ host, port, tls: true }));
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      await close();
    });

    it('rejects at once on a socket that was destroyed before', async () => {
      const [one] = duplexPair();
      one.on('error', () => {}).destroy(new Error('broken before'));
      const error = await failureOf(openConnection({ socket: one, tls: CLIENT_TLS }));
      expect(error).toMatchObject({ message: 'broken before' });
      const [other] = duplexPair();
      other.destroy();
      expect(await failureOf(openConnection({ socket: other, tls: CLIENT_TLS }))).toMatchObject({
        message: 'Cannot connect: the socket was closed before it was ready',
      });
    });

    it('rejects for TLS options that Node refuses', async () => {
      const error = await failureOf(
        openConnection({ host, port: portOf(tlsServer), tls: { ...CLIENT_TLS, minVersion: 'none' as never } }),
      );
      expect(error).toMatchObject({
        message: expect.stringMatching(/"none" is not a valid minimum TLS protocol version/),
      });
    });

    it('rejects when the server requires a client certificate and none is given', async () => {
      const strict = createTlsServer({
        ...SERVER_TLS,
        requestCert: true,
        rejectUnauthorized: true,
        maxVersion: 'TLSv1.2',
      });
      await new Promise<void>((resolve) => strict.listen(0, host, resolve));
      const { port } = strict.address() as { port: number };
      const outcome = await openConnection({ host, port, tls: CLIENT_TLS }).then(
        ({ closed }) => closed.then(({ error }) => error),
        (error: unknown) => error,
      );
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^(ERR_SSL_|ECONNRESET|EPROTO)/) });
      await new Promise((resolve) => strict.close(resolve));
    });
  });
});
