// Proves that a server listens on every address of its host, as one server: with one port, one limit and one end.
import dns, { type LookupAddress } from 'node:dns';
import { type AddressInfo, createServer, Server as NetServer } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type Connection, openConnection, type Server, startServer } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { turns, until } from '../support/until';

const [V4, V6] = ['127.0.0.1', '::1'];
const host = 'both.example';
const { lookup } = dns;

describe('bind: a server on a name', () => {
  let server: Server | undefined;
  let listeners: NetServer[];

  /** Resolves the name to these addresses. */
  function resolveTo(...addresses: string[]): void {
    const found: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    lookUp((answer) => answer(null, found));
  }

  type Callback = (error: Error | null, found?: LookupAddress[] | string, family?: number) => void;

  function lookUp(answerWith: (answer: (error: Error | null, found?: LookupAddress[]) => void) => void): void {
    jest.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: [unknown, Callback] | [Callback]) => {
      const answer = rest.at(-1) as Callback;
      if (name !== host) (lookup as (...args: unknown[]) => void)(name, ...rest);
      else if (rest.length === 2) process.nextTick(() => answerWith(answer));
      else process.nextTick(() => answerWith((error, [first] = []) => answer(error, first?.address, first?.family)));
    }) as never);
  }

  /** Makes addresses fail that the system does not have. */
  function refuse(refused: (where: { host?: string; port?: number }) => string | undefined): void {
    const { listen } = NetServer.prototype;
    jest.spyOn(NetServer.prototype, 'listen').mockImplementation(function (this: NetServer, ...args: unknown[]) {
      listeners.push(this);
      const code = refused(args[0] as object);
      if (code === undefined) return listen.apply(this, args as never);
      process.nextTick(() => this.emit('error', Object.assign(new Error(`listen ${code}`), { code })));
      return this;
    } as never);
  }

  beforeEach(() => {
    listeners = [];
    server = undefined;
    resolveTo(V4, V6);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    server?.abortClients();
    await server?.close();
  });

  const echo = ({ reader, writer }: Connection) => void reader.subscribe(writer);

  async function prove(address: string, port: number): Promise<Connection> {
    const client = await openConnection({ host: address, port });
    client.writer.write('echo');
    expect(`${await client.reader.readExactly(4)}`).toBe('echo');
    return client;
  }

  it('serves on every address of the name, all with one port', async () => {
    const accepted: Connection[] = [];
    server = await startServer(
      (connection) => {
        accepted.push(connection);
        echo(connection);
      },
      { host, port: 0 },
    );
    const port = server.port!;
    expect(port).toBeGreaterThan(0);
    expect(server.address()).toEqual({ address: V4, family: 'IPv4', port });
    expect(server.addresses).toEqual([server.address(), { address: V6, family: 'IPv6', port }]);
    for (const address of [V4, V6]) (await prove(address, port)).destroy();
    expect(accepted.map(({ localAddress, localPort }) => [localAddress, localPort])).toEqual([
      [V4, port],
      [V6, port],
    ]);
    expect(server.isServing()).toBe(true);
    await server.close({ timeout: 10 });
    expect(server.isServing()).toBe(false);
    for (const address of [V4, V6]) {
      expect(await failureOf(openConnection({ host: address, port }))).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('serves once on an address that the name lists twice', async () => {
    resolveTo(V4, V4);
    server = await startServer(echo, { host, port: 0 });
    expect(server.addresses).toHaveLength(1);
  });

  it('binds each address alone: the IPv6 wildcard leaves the IPv4 one free', async () => {
    resolveTo('::', '0.0.0.0');
    server = await startServer(echo, { host, port: 0 });
    expect(server.addresses.map((at) => (at as AddressInfo).address)).toEqual(['::', '0.0.0.0']);
    for (const address of [V4, V6]) (await prove(address, server.port!)).destroy();
  });

  it.each(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])('skips IPv6 where the system has none: %s', async (code) => {
    resolveTo(V6, V4);
    refuse((where) => (where.host === V6 ? code : undefined));
    server = await startServer(echo, { host, port: 0 });
    expect(server.addresses).toEqual([{ address: V4, family: 'IPv4', port: server.port }]);
    expect(server.isServing()).toBe(true);
    (await prove(V4, server.port!)).destroy();
  });

  it('rejects when all addresses are IPv6 and the system has none', async () => {
    resolveTo(V6);
    refuse(() => 'EADDRNOTAVAIL');
    expect(await failureOf(startServer(echo, { host, port: 0 }))).toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('binds all of its addresses or none', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, V6, resolve));
    const { port } = blocker.address() as AddressInfo;
    const error = await failureOf(startServer(echo, { host, port }));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'listen', address: V6, port });
    expect(await failureOf(openConnection({ host: V4, port }))).toMatchObject({ code: 'ECONNREFUSED' });
    await new Promise((resolve) => blocker.close(resolve));
  });

  it('tries another port when the assigned one is in use on another address', async () => {
    let taken = 0;
    refuse(({ host, port }) => (host === V6 && port !== 0 && taken++ < 2 ? 'EADDRINUSE' : undefined));
    server = await startServer(echo, { host, port: 0 });
    expect(server.addresses).toHaveLength(2);
    expect(taken).toBe(3);
    await until('the others are closed', () => listeners.filter(({ listening }) => listening).length === 2);
  });

  it('gives up the search for a port, and leaves no listener', async () => {
    refuse(({ host, port }) => (host === V6 && port !== 0 ? 'EADDRINUSE' : undefined));
    expect(await failureOf(startServer(echo, { host, port: 0 }))).toMatchObject({ code: 'EADDRINUSE' });
    expect(listeners.filter(({ listening }) => listening)).toEqual([]);
  });

  it('rejects and leaves no listener when it is cancelled between two addresses', async () => {
    const controller = new AbortController();
    refuse(({ host }) => {
      if (host === V6) controller.abort('enough');
      return undefined;
    });
    expect(await failureOf(startServer(echo, { host, port: 0, signal: controller.signal }))).toBe('enough');
    await until('all are closed', () => listeners.length === 2 && !listeners.some(({ listening }) => listening));
  });

  it('rejects with the error of the look-up, untouched', async () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    lookUp((answer) => answer(error));
    expect(await failureOf(startServer(echo, { host, port: 0 }))).toBe(error);
  });

  it('counts maxConnections across all addresses', async () => {
    server = await startServer(echo, { host, port: 0, maxConnections: 2 });
    const port = server.port!;
    const first = await prove(V4, port);
    await prove(V6, port);
    for (const address of [V4, V6]) {
      const { reader } = await openConnection({ host: address, port });
      expect(await reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
    }
    await first.close();
    (await prove(V6, port)).destroy();
  });

  it('shakes hands on every address, and resumes a session on another one', async () => {
    server = await startServer(echo, {
      host,
      port: 0,
      tls: { ...SERVER_TLS, maxVersion: 'TLSv1.2' },
      maxConnections: 3,
    });
    const port = server.port!;
    const dial = (address: string, session?: Buffer) => connectTls({ ...CLIENT_TLS, host: address, port, session });
    const secure = (socket: TLSSocket) => new Promise<void>((resolve) => socket.once('secureConnect', resolve));
    const first = dial(V4);
    await secure(first);
    const second = dial(V6, first.getSession());
    await secure(second);
    expect([first.isSessionReused(), second.isSessionReused()]).toEqual([false, true]);
    first.destroy();
    second.destroy();
  });
});

describe('bind: a server that is cancelled during the look-up of its port', () => {
  it('leaves no listener, at any moment', async () => {
    for (const host of [undefined, '127.0.0.1', 'localhost']) {
      const listen = jest.spyOn(NetServer.prototype, 'listen');
      const close = jest.spyOn(NetServer.prototype, 'close');
      const controller = new AbortController();
      const starting = failureOf(startServer(() => {}, { ...(host && { host }), port: 0, signal: controller.signal }));
      controller.abort('enough');
      expect(await starting).toBe('enough');
      await turns(20);
      expect(listen.mock.contexts.some((server) => (server as NetServer).listening)).toBe(false);
      expect(close.mock.calls.length).toBeGreaterThanOrEqual(listen.mock.calls.length);
      jest.restoreAllMocks();
    }
  });
});
