// Proves which header a connection begins with, for every combination of options and streams.
import { connect as rawConnect } from 'node:net';
import { PassThrough } from 'node:stream';
import { firstValueFrom, switchMap, take, toArray } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  connect,
  openConnection,
  read,
  reconnect,
  type SendProxyOptions,
  type Server,
  startServer,
} from '../../src';
import type { ProxyHeader } from '../../src/codecs/proxy/ProxyHeader';
import { proxyCodec } from '../../src/codecs/proxy/proxyCodec';
import { headerForSendProxyOptions } from '../../src/net/SendProxyOptions';
import { duplexPair } from '../support/duplexPair';
import { failureOf } from '../support/failureOf';
import { type RawServer, rawServer } from '../support/rawServer';
import { socketPaths } from '../support/socketPaths';

const host = '127.0.0.1';
const source = { address: '192.0.2.1', port: 56_324 };
const destination = { address: '198.51.100.1', port: 443 };
const source6 = { address: '2001:db8::1', port: 1 };

describe('headerForSendProxyOptions', () => {
  const stream = (own?: object) => Object.assign(new PassThrough(), own);
  const tcp = { localAddress: '10.0.0.1', localPort: 1000, remoteAddress: '10.0.0.2', remotePort: 2000 };
  const own = { address: '10.0.0.1', port: 1000 };
  const peer = { address: '10.0.0.2', port: 2000 };

  it.each<[string, SendProxyOptions, object, Partial<ProxyHeader>]>([
    ['nothing', {}, tcp, { version: 2, source: own, destination: peer }],
    ['version 1', { version: 1 }, tcp, { version: 1, source: own, destination: peer }],
    ['a client', { source }, tcp, { source, destination: peer }],
    ['both ends', { source, destination }, tcp, { source, destination }],
    [
      'a client of another family',
      { source: source6 },
      tcp,
      {
        source: source6,
        destination: { address: '::ffff:10.0.0.2', port: 2000 },
      },
    ],
    [
      'a destination of another family',
      { source, destination: source6 },
      tcp,
      {
        source: { address: '::ffff:192.0.2.1', port: 56_324 },
        destination: source6,
      },
    ],
    [
      'a client with a path',
      { source: { address: '/run/x' } },
      tcp,
      {
        source: { address: '/run/x' },
        destination: { address: '' },
      },
    ],
    ['the same in version 1', { version: 1, source: { address: '/run/x' } }, tcp, { version: 1 }],
    ['nothing on a Unix socket', {}, {}, { local: true }],
    ['the same in version 1', { version: 1 }, {}, { version: 1 }],
    ['fields on a Unix socket', { tlvs: { alpn: 'h2' } }, {}, { tlvs: { alpn: 'h2' } }],
    ['both ends on a Unix socket', { source, destination }, {}, { source, destination }],
    [
      'fields',
      { tlvs: { authority: 'example.org', crc32c: true } },
      tcp,
      {
        source: own,
        destination: peer,
        tlvs: { authority: 'example.org', crc32c: true },
      },
    ],
    [
      'a zone',
      {},
      { ...tcp, localAddress: 'fe80::1%eth0', remoteAddress: 'fe80::2%eth0' },
      {
        source: { address: 'fe80::1', port: 1000 },
        destination: { address: 'fe80::2', port: 2000 },
      },
    ],
  ])('with %s', (_, options, ends, header) => {
    const expected = { version: 2, local: false, tlvs: {}, ...header } as ProxyHeader;
    expect(headerForSendProxyOptions(options, stream(ends))).toEqual(proxyCodec.encode(expected));
  });

  it('needs the destination of a client on a stream without addresses', () => {
    expect(() => headerForSendProxyOptions({ source }, stream())).toThrow(
      'Cannot send a PROXY header: the stream has no address, give the destination',
    );
  });
});

describe('openConnection and connect with proxyProtocol', () => {
  let raw: RawServer | undefined;
  let server: Server | undefined;

  afterEach(async () => {
    await raw?.close();
    await server?.close();
    raw = server = undefined;
  });

  /** A server that trusts this machine, and has the header of its newest connection. */
  async function serve(where: { port: number } | { path: string }): Promise<Connection[]> {
    const accepted: Connection[] = [];
    server = await startServer(
      async (connection) => {
        accepted.push(connection);
        connection.writer.write(await connection.reader.read(5));
      },
      { ...where, proxyProtocol: { from: [host, 'unix'] } },
    );
    return accepted;
  }

  it('sends the header first and at once, and counts none of it', async () => {
    raw = await rawServer();
    const connection = await openConnection({
      host,
      port: raw.port,
      proxyProtocol: { version: 1, source, destination },
    });
    const [socket] = raw.sockets;
    const [chunk] = (await new Promise((resolve) => socket?.once('data', (...data) => resolve(data)))) as [Buffer];
    expect(`${chunk}`).toBe('PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n');
    expect([connection.bytesWritten, connection.proxy, connection.remotePort]).toEqual([0, undefined, raw.port]);
    connection.destroy();
  });

  it('sends its own addresses by default, as if there were no header', async () => {
    const accepted = await serve({ port: 0 });
    const connection = await openConnection({ host, port: server?.port, proxyProtocol: {} });
    connection.writer.write('hello');
    expect(`${await connection.reader.readAll()}`).toBe('hello');
    const ends = {
      source: { address: host, port: connection.localPort },
      destination: { address: host, port: server?.port },
    };
    expect(accepted[0]?.proxy).toMatchObject({ version: 2, local: false, ...ends });
    expect(accepted[0]?.remotePort).toBe(connection.localPort);
    await connection.close();
  });

  it('works on a Unix socket', async () => {
    const paths = socketPaths();
    const path = paths.path('s');
    const accepted = await serve({ path });
    for (const proxyProtocol of [{}, { source, destination }]) {
      const connection = await openConnection({ path, proxyProtocol });
      connection.writer.write('hello');
      expect(`${await connection.reader.readAll()}`).toBe('hello');
      await connection.close();
    }
    expect(accepted.map(({ proxy, remoteAddress }) => [proxy?.local, remoteAddress])).toEqual([
      [true, undefined],
      [false, '192.0.2.1'],
    ]);
    await server?.close();
    paths.remove();
  });

  it('works on a given socket, and on any Duplex', async () => {
    const accepted = await serve({ port: 0 });
    const socket = rawConnect(server?.port as number, host);
    const connection = await openConnection({ socket, proxyProtocol: { source, destination } });
    connection.writer.write('hello');
    expect(`${await connection.reader.readAll()}`).toBe('hello');
    expect(accepted[0]?.remoteAddress).toBe('192.0.2.1');
    await connection.close();
    const [here, there] = duplexPair();
    await openConnection({ socket: here, proxyProtocol: {} });
    expect(there.read()).toEqual(proxyCodec.encode({ version: 2, local: true, tlvs: {} }));
    expect(await failureOf(openConnection({ socket: duplexPair()[0], proxyProtocol: { source } }))).toBeInstanceOf(
      TypeError,
    );
  });

  it('fails on a socket that is destroyed', async () => {
    const [here] = duplexPair();
    here.destroy();
    expect(await failureOf(openConnection({ socket: here, proxyProtocol: {} }))).toBeInstanceOf(Error);
  });

  it('sends one with each connection of reconnect', async () => {
    const accepted = await serve({ port: 0 });
    const options: ConnectOptions = { host, port: server?.port as number, proxyProtocol: { source, destination } };
    // The server hangs up after each answer.
    const answers = connect(options).pipe(
      reconnect({ initial: 1 }),
      switchMap(({ reader, writer }) => {
        writer.write('hello');
        return reader.pipe(read());
      }),
      take(2),
      toArray(),
    );
    expect(`${await firstValueFrom(answers)}`).toBe('hello,hello');
    expect(accepted.map(({ proxy }) => proxy?.source)).toEqual([source, source]);
  });

  it.each<[unknown, string]>([
    [true, 'Cannot send a PROXY header with true'],
    [null, 'Cannot send a PROXY header with null'],
    [{ version: 3 }, 'it must be options with version 1 or 2'],
    [{ destination }, 'Cannot send a PROXY header with a destination alone'],
    [{ source: { address: 'example.org', port: 1 } }, 'as proxyProtocol.source'],
    [{ source: { address: '192.0.2.1' } }, 'as proxyProtocol.source'],
    [{ source: { address: '192.0.2.1', port: 65_536 } }, 'as proxyProtocol.source'],
    [{ source: 'example.org' }, 'as proxyProtocol.source'],
    [{ source, destination: null }, 'as proxyProtocol.destination'],
    [{ source, destination: { address: '/run/x' } }, 'of one family'],
    [{ version: 1, tlvs: { alpn: 'h2' } }, 'version 2 can'],
    [{ tlvs: { uniqueId: Buffer.alloc(129) } }, 'a unique id of 129 bytes'],
    [{ tlvs: { authority: 'x'.repeat(500) } }, 'the limit is 536'],
  ])('refuses %j at the call', (proxyProtocol, message) => {
    expect(() => connect({ port: 1, proxyProtocol: proxyProtocol as never })).toThrow(message);
  });
});
