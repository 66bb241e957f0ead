// Proves that a server takes what is bound already: a server of node:net, a file descriptor, handles of another process.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { type ListenOptions, openConnection, startServer } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { gone, messageFrom } from '../support/child';
import { socketPaths } from '../support/socketPaths';
import { thrownBy } from '../support/thrownBy';
import { until } from '../support/until';

jest.setTimeout(20_000);

const host = '127.0.0.1';
const script = join(__dirname, '../support/servesHandle.js');

async function listening(where: object = { host, port: 0 }): Promise<NetServer> {
  const net = createServer().listen(where);
  await once(net, 'listening');
  return net;
}

/** Sends a line and returns the answer. */
async function ask(where: object, line = 'hello\n'): Promise<string> {
  const { reader, writer } = await openConnection(where);
  writer.write(line);
  const answer = `${await reader.readAll()}`;
  writer.close();
  return answer;
}

const echo: Parameters<typeof startServer>[0] = async ({ reader, writer }) => {
  writer.write(`echo: ${await reader.readLine()}`);
};

describe('listen({ server })', () => {
  it('serves a server that listens already, and closes it', async () => {
    const net = await listening();
    const server = await startServer(echo, { server: net });
    expect(server.address()).toEqual(net.address());
    expect(server.isServing()).toBe(true);
    expect(await ask({ host, port: server.port })).toBe('echo: hello\n');
    await server.close();
    expect([net.listening, server.isServing()]).toEqual([false, false]);
  });

  it('serves a server on a Unix path, and knows its name', async () => {
    const paths = socketPaths();
    const path = paths.path('given.sock');
    const net = await listening({ path });
    let sockname: unknown;
    const server = await startServer(
      async (connection) => {
        sockname = connection.writer.getExtraInfo('sockname');
        await echo(connection);
      },
      { server: net },
    );
    expect(server.address()).toBe(path);
    expect(await ask({ path })).toBe('echo: hello\n');
    expect(sockname).toBe(path);
    await server.close();
    paths.remove();
  });

  it('adds TLS to it', async () => {
    const server = await startServer(echo, { server: await listening(), tls: SERVER_TLS, maxConnections: 1 });
    expect(await ask({ host, port: server.port, tls: CLIENT_TLS })).toBe('echo: hello\n');
    await server.close();
  });

  it('takes sockets by hand, sets their options, and keeps maxConnections', async () => {
    const sockets: Socket[] = [];
    const accepting = createServer({ pauseOnConnect: true }, (socket) => {
      jest.spyOn(socket, 'setNoDelay');
      sockets.push(socket);
    }).listen({ host, port: 0 });
    await once(accepting, 'listening');
    const { port } = accepting.address() as { port: number };
    const given = createServer();
    const server = await startServer(echo, { server: given, maxConnections: 1 });
    expect([server.isServing(), server.address(), server.port]).toEqual([true, '', undefined]);
    const refused: unknown[] = [];
    server.refused$.subscribe(({ reason }) => refused.push(reason));

    const first = await openConnection({ host, port });
    const second = await openConnection({ host, port });
    await until('both are accepted', () => sockets.length === 2);
    for (const socket of sockets) given.emit('connection', socket);
    await second.reader.readAll().catch(() => {});
    expect(refused).toEqual(['maxConnections']);
    expect(sockets[0]!.setNoDelay).toHaveBeenCalledWith(true);
    first.writer.write('by hand\n');
    expect(`${await first.reader.readAll()}`).toBe('echo: by hand\n');
    for (const client of [first, second]) client.destroy();

    await server.close();
    expect(server.isServing()).toBe(false);
    accepting.close();
  });

  it('ends with the given server, if that is closed', async () => {
    const net = await listening();
    const server = await startServer(echo, { server: net });
    const completed = new Promise<void>((complete) => server.connections.subscribe({ complete }));
    net.close();
    await server.waitClosed();
    await completed;
    expect(server.isServing()).toBe(false);
  });

  it.each<[string, () => object, string]>([
    [
      'a place beside it',
      () => ({ server: createServer(), port: 0 }),
      'exactly one of port, path, fd and server is needed, 2 are given',
    ],
    ['no place', () => ({}), 'exactly one of port, path, fd and server is needed, 0 are given'],
    ['a host', () => ({ server: createServer(), host }), 'with the option host: it is bound already'],
    ['another object', () => ({ server: {} }), 'with a server of type object: it must be a server of node:net'],
    [
      'a TLS server',
      () => ({ server: createTlsServer() }),
      'with a server of node:tls: give one of node:net, and tls beside it',
    ],
    [
      'a server with listeners',
      () => ({ server: createServer(() => {}) }),
      'with a server that has listeners for its connections: both would read them',
    ],
    ['a handle', () => ({ port: 0, handle: {} }), 'with the option handle: give server, or fd'],
    ['no descriptor', () => ({ fd: '3' }), ''],
    ['a negative descriptor', () => ({ fd: -1 }), ''],
  ])('refuses %s', (_, options, message) => {
    const error = thrownBy(() => startServer(echo, options() as ListenOptions)) as Error;
    expect(['TypeError', 'RangeError']).toContain(error.name);
    expect(error.message).toContain(message);
  });
});

describe('a handle of another process', () => {
  let child: ChildProcess;
  let net: NetServer;

  afterEach(async () => {
    child.kill();
    await gone(child);
    net.close();
  });

  it('is served as a file descriptor', async () => {
    net = await listening();
    const { fd } = (net as NetServer & { _handle: { fd: number } })._handle;
    child = spawn(process.execPath, [script, 'fd'], { stdio: ['ignore', 'inherit', 'inherit', fd, 'ipc'] });
    expect(await messageFrom(child)).toEqual(net.address());
    const { port } = net.address() as { port: number };
    net.close();
    expect(await ask({ host, port })).toBe('child: hello\n');
  });

  it('is served as a server, and as an accepted socket', async () => {
    net = await listening();
    child = fork(script);
    await messageFrom(child);
    child.send('server', net);
    expect(await messageFrom(child)).toEqual(net.address());
    const { port } = net.address() as { port: number };
    net.close();
    expect(await ask({ host, port })).toBe('child: hello\n');

    const accepting = createServer({ pauseOnConnect: true }, (socket) => child.send('socket', socket)).listen(0, host);
    await once(accepting, 'listening');
    expect(await ask({ host, port: (accepting.address() as { port: number }).port })).toBe('child: hello\n');
    accepting.close();
    child.send('close');
    expect(await messageFrom(child)).toBe('closed');
  });

  it('fails with the error of the system if it does not listen', async () => {
    net = await listening();
    child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    const failing = startServer(echo, { fd: 2 ** 20 });
    await expect(failing).rejects.toMatchObject({ syscall: 'listen' });
  });
});
