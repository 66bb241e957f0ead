// Proves which waiting connections keep their place in the backlog, and which ones give it back.
import { connect as rawConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { firstValueFrom, take, toArray } from 'rxjs';
import { type ListenOptions, listen, type Server } from '../../src';
import { SERVER_TLS } from '../support/certificates';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { portOf } from '../support/portOf';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

describe('Backlog: a connection that no handler has taken', () => {
  noUnhandledRejections();

  let server: Server;
  const sockets: Socket[] = [];

  async function open(options: Partial<ListenOptions> = {}): Promise<void> {
    server = await new Promise<Server>((resolve, reject) => {
      listen({ host, port: 0, ...options }).subscribe({ next: resolve, error: reject });
    });
  }

  function keep(socket: Socket): Socket {
    sockets.push(socket);
    return socket.on('error', () => {}).resume();
  }

  const dial = () =>
    new Promise<Socket>((resolve) => {
      const socket = keep(rawConnect(portOf(server), host, () => resolve(socket)));
    });
  const dialTls = () =>
    new Promise<Socket>((resolve) => {
      const options = { host, port: portOf(server), rejectUnauthorized: false };
      const socket = keep(tlsConnect(options, () => resolve(socket)));
    });

  const backlog = () => (server as unknown as { waiting: { size: number; waiting: Map<Socket, unknown> } }).waiting;
  const waiting = () => backlog().size;
  const wait = (count: number) => until(`${count} wait`, () => waiting() === count);

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.abortClients();
    await server.close();
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['ends without a byte', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    [
      'sends something and resets',
      async (socket) => {
        const [[accepted]] = [...backlog().waiting] as [[Socket, unknown]];
        socket.write('x');
        // When both arrive at once, the system reports FIN.
        await until('it has arrived', () => accepted.bytesRead === 1);
        socket.resetAndDestroy();
      },
    ],
  ])('frees its place when its peer %s', async (_, leave) => {
    await open({ backlog: 1 });
    const gone = await dial();
    await wait(1);
    await leave(gone);
    await wait(0);
    const { localPort } = await dial();
    await wait(1);
    expect((await firstValueFrom(server.connections)).remotePort).toBe(localPort);
  });

  it('frees its place when its peer sends more than fits and resets', async () => {
    await open({ backlog: 1 });
    const gone = await dial();
    await wait(1);
    const [[accepted]] = [...backlog().waiting] as [[Socket, unknown]];
    gone.write(Buffer.alloc(300_000));
    await until('the socket is full', () => accepted.readableLength >= accepted.readableHighWaterMark);
    const closed = new Promise((resolve) => gone.once('close', resolve));
    gone.resetAndDestroy();
    await closed;
    const { localPort } = await dial();
    await until('it has taken its place', () => !backlog().waiting.has(accepted));
    await wait(1);
    expect((await firstValueFrom(server.connections)).remotePort).toBe(localPort);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['ends', (socket) => socket.end()],
    ['destroys it', (socket) => socket.destroy()],
  ])('frees its place when its peer %s, with TLS', async (_, leave) => {
    await open({ backlog: 1, tls: SERVER_TLS });
    const gone = await dialTls();
    await wait(1);
    await leave(gone);
    await wait(0);
    await dialTls();
    await wait(1);
  });

  it('is delivered with the bytes that its peer sent before FIN', async () => {
    await open();
    const socket = await dial();
    socket.end('all of it');
    await wait(1);
    await turns(20);
    expect(waiting()).toBe(1);
    const { reader } = await firstValueFrom(server.connections);
    expect(`${await reader.readAll()}`).toBe('all of it');
  });

  it('is taken in order after those before it have left', async () => {
    await open();
    const all: Socket[] = [];
    for (let i = 1; i <= 4; i++) {
      all.push(await dial());
      await wait(i);
    }
    const [first, second, third, fourth] = all.map(({ localPort }) => localPort);
    all[0]!.resetAndDestroy();
    all[2]!.end();
    await wait(2);
    const taken = await firstValueFrom(server.connections.pipe(take(2), toArray()));
    expect(taken.map(({ remotePort }) => remotePort)).toEqual([second, fourth]);
    expect([first, third]).not.toContain(undefined);
  });

  it('is not ended for silence before idleTimeout has passed, and is ended after it', async () => {
    await open({ idleTimeout: 15 });
    await dial();
    await wait(1);
    await wait(0);
  });

  it('loses the timeout of the backlog once it is taken', async () => {
    await open({ idleTimeout: 5000 });
    await dial();
    await wait(1);
    const connection = await firstValueFrom(server.connections);
    const socket = connection.writer.getExtraInfo('socket') as Socket;
    expect(socket.timeout).toBe(0);
    expect(['end', 'close', 'timeout'].map((event) => socket.listenerCount(event))).toEqual([2, 1, 0]);
  });

  it('reports no failure when its peer leaves', async () => {
    await open();
    const failures: unknown[] = [];
    server.errors.subscribe((failure) => failures.push(failure));
    for (const leave of ['resetAndDestroy', 'end'] as const) {
      const socket = await dial();
      await wait(1);
      socket[leave]();
      await wait(0);
    }
    expect(failures).toEqual([]);
  });

  it('uses no more memory than the read-ahead of a socket', async () => {
    await open({ limit: 1024 });
    const socket = await dial();
    await wait(1);
    socket.write(Buffer.alloc(16 * 1024 * 1024));
    await turns(200);
    const connection = await firstValueFrom(server.connections);
    const { bytesRead } = connection.writer.getExtraInfo('socket') as Socket;
    expect(bytesRead).toBeLessThan(256 * 1024);
    connection.destroy();
  });
});
