// Proves the upgrade to TLS in the middle of a connection (STARTTLS), on both sides, and what is refused.
import type { TLSSocket } from 'node:tls';
import {
  type Connection,
  ConnectionClosedError,
  connectionPair,
  lines,
  openConnection,
  PlaintextPendingError,
  startServer,
} from '../src';
import { CLIENT_TLS, SERVER_TLS } from './support/certificates';
import { duplexPair } from './support/duplexPair';
import { failureOf } from './support/failureOf';
import { portOf } from './support/portOf';
import { rawServer } from './support/rawServer';
import { record } from './support/record';
import { type Ends, transports } from './support/transports';
import { turns, until } from './support/until';

const host = '127.0.0.1';
const MIB = 1024 * 1024;

const encrypted = ({ writer }: Connection) => (writer.getExtraInfo('socket') as TLSSocket).encrypted === true;

describe.each(transports.filter(({ name }) => name === 'TCP' || name === 'Unix'))('startTls over $name', ({ open }) => {
  let ends: Ends;
  let client: Connection;
  let server: Connection;

  beforeEach(async () => {
    ends = await open('client');
    ({ near: client, far: server } = ends);
  });

  afterEach(() => ends.release());

  /** The usual exchange of a line each, then both upgrade. */
  async function upgrade(options = {}): Promise<void> {
    client.writer.write('STARTTLS\n');
    expect(`${await server.reader.readLine()}`).toBe('STARTTLS\n');
    server.writer.write('go ahead\n');
    const serving = server.startTls(SERVER_TLS);
    expect(`${await client.reader.readLine()}`).toBe('go ahead\n');
    await Promise.all([client.startTls({ ...CLIENT_TLS, ...options }), serving]);
  }

  it('goes on with the same reader and writer, encrypted', async () => {
    const { reader, writer } = client;
    await upgrade();
    expect([encrypted(client), encrypted(server)]).toEqual([true, true]);
    expect([client.reader, client.writer]).toEqual([reader, writer]);
    writer.write('secret\n');
    expect(`${await server.reader.readLine()}`).toBe('secret\n');
    server.writer.write('reply\n');
    expect(`${await reader.readLine()}`).toBe('reply\n');
    expect(writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'rxjs-tcp specs' } });
  });

  it('keeps what is written meanwhile for the time after, in order, however much it is', async () => {
    const sent = Buffer.alloc(3 * MIB, 'abcdefg');
    client.writer.write('STARTTLS\n');
    expect(`${await server.reader.readLine()}`).toBe('STARTTLS\n');
    const upgrading = [server.startTls(SERVER_TLS), client.startTls(CLIENT_TLS)];
    client.writer.write(sent);
    client.writer.writeEof();
    server.writer.write('hello\n');
    await Promise.all(upgrading);
    expect((await server.reader.readAll()).equals(sent)).toBe(true);
    expect(`${await client.reader.readLine()}`).toBe('hello\n');
    server.writer.close();
    expect(await client.closed).toEqual({ by: 'local' });
    expect(await server.closed).toEqual({ by: 'peer' });
  });

  it('sends what was written before in the clear first, however much it is', async () => {
    const sent = Buffer.alloc(3 * MIB, 'abcdefg');
    client.writer.write(sent);
    const upgrading = client.startTls(CLIENT_TLS);
    expect((await server.reader.readExactly(sent.length)).equals(sent)).toBe(true);
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    client.writer.write('secret');
    expect(`${await server.reader.readExactly(6)}`).toBe('secret');
  });

  it("gives a server's unread bytes to the handshake", async () => {
    const upgrading = client.startTls(CLIENT_TLS);
    await until('the client hello is with the reader', () => server.reader.bufferedAmount > 100);
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    client.writer.write('secret');
    expect(`${await server.reader.readExactly(6)}`).toBe('secret');
  });

  it('serves a read that began before', async () => {
    client.writer.write('STARTTLS\n');
    await server.reader.readLine();
    const pending = client.reader.readLine();
    const { seen } = record(server.reader.pipe(lines()));
    await Promise.all([server.startTls(SERVER_TLS), client.startTls(CLIENT_TLS)]);
    server.writer.write('line\n');
    expect(`${await pending}`).toBe('line\n');
    client.writer.write('line\n');
    await until('it has come', () => seen.length > 0);
    expect(seen).toEqual(['line']);
    server.destroy();
  });

  it('refuses what was injected before, and leaves the connection as it is', async () => {
    server.writer.write('go ahead\ninjected\n');
    expect(`${await client.reader.readLine()}`).toBe('go ahead\n');
    const error = await failureOf(client.startTls(CLIENT_TLS));
    expect(error).toBeInstanceOf(PlaintextPendingError);
    expect(error).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending: 9 });
    expect(`${await client.reader.readLine()}`).toBe('injected\n');
    expect(client.writer.write('still here')).toBe(true);
    expect(`${await server.reader.readExactly(10)}`).toBe('still here');
  });

  it('drops what was injected where it is told to', async () => {
    server.writer.write('go ahead\ninjected\n');
    expect(`${await client.reader.readLine()}`).toBe('go ahead\n');
    const serving = server.startTls(SERVER_TLS);
    await Promise.all([client.startTls({ ...CLIENT_TLS, pending: 'discard' }), serving]);
    expect(client.reader.bufferedAmount).toBe(0);
    server.writer.write('secret\n');
    expect(`${await client.reader.readLine()}`).toBe('secret\n');
  });

  it('does it the other way round: who dialed is the server of the handshake', async () => {
    await Promise.all([
      client.startTls({ ...SERVER_TLS, side: 'server' }),
      server.startTls({ ...CLIENT_TLS, side: 'client' }),
    ]);
    client.writer.write('secret');
    expect(`${await server.reader.readExactly(6)}`).toBe('secret');
  });

  it('refuses a peer that is not who it should be, destroys the connection, and tells everybody', async () => {
    const serving = server.startTls(SERVER_TLS).catch(() => {});
    const reading = failureOf(client.reader.readLine());
    const error = await failureOf(client.startTls({ ...CLIENT_TLS, servername: 'wrong.test' }));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'wrong.test' });
    expect(await client.closed).toEqual({ by: 'error', error });
    expect(await reading).toBe(error);
    expect(() => client.writer.write('x')).toThrow(expect.objectContaining({ cause: error }));
    await serving;
    server.destroy();
  });

  it.each([
    ['a client', () => client, CLIENT_TLS],
    ['a server', () => server, SERVER_TLS],
  ] as const)('bounds the handshake of %s with a silent peer', async (_, pick, options) => {
    const upgrading = pick();
    const error = await failureOf(upgrading.startTls({ ...options, handshakeTimeout: 30 }));
    expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'handshake', timeout: 30 });
    expect(await upgrading.closed).toEqual({ by: 'timeout', error });
  });

  it.each([
    ['a client, by its own end', () => client, () => client, CLIENT_TLS, 'destroy'],
    ['a server, by its own end', () => server, () => server, SERVER_TLS, 'destroy'],
    ["a client, by its peer's end", () => client, () => server, CLIENT_TLS, 'destroy'],
    ["a server, by its peer's end", () => server, () => client, SERVER_TLS, 'destroy'],
    ["a client, by its peer's reset", () => client, () => server, CLIENT_TLS, 'reset'],
    ["a server, by its peer's reset", () => server, () => client, SERVER_TLS, 'reset'],
  ] as const)('ends the handshake of %s', async (_, pick, pickOther, options, how) => {
    const upgrading = pick();
    const starting = failureOf(upgrading.startTls({ ...options, handshakeTimeout: 3000 }));
    await turns(5);
    pickOther()[how]();
    // Node's own errors are of another realm than those of a spec: no instances of its Error.
    const error = await starting;
    expect(error).toMatchObject({ message: expect.any(String), stack: expect.any(String) });
    expect((await upgrading.closed).by).toMatch(pickOther() === upgrading ? /^local$/ : /^(reset|error)$/);
    expect(await failureOf(upgrading.reader.readLine())).toMatchObject(
      how === 'destroy' && pickOther() === upgrading
        ? { code: 'ERR_CONNECTION_CLOSED' }
        : { message: (error as Error).message },
    );
  });

  it('flushes what was written, and ends in good order, where it is closed meanwhile', async () => {
    const serving = server.startTls(SERVER_TLS);
    const starting = client.startTls(CLIENT_TLS);
    client.writer.write('last');
    const closed = client.close();
    await Promise.all([starting.catch(() => {}), serving]);
    expect(`${await server.reader.readAll()}`).toBe('last');
    server.writer.close();
    expect(await closed).toEqual({ by: 'local' });
  });

  it.each<[string, unknown]>([
    ['a side that is none', { ...CLIENT_TLS, side: 'both' }],
    ['a client with nobody to verify', {}],
    ['a server without a certificate', { side: 'server' }],
    ['a key that is none', { ...SERVER_TLS, key: 'nonsense', side: 'server' }],
    ['what to do with pending bytes that is nothing', { ...CLIENT_TLS, pending: 'maybe' }],
    ['a version that is none', { ...CLIENT_TLS, minVersion: 'TLSv9' }],
  ])('refuses %s at the call, and the connection stays usable', async (what, options) => {
    if (what === 'a client with nobody to verify' && client.remoteAddress !== undefined) return;
    expect(() => client.startTls(options as never)).toThrow(TypeError);
    client.writer.write('still here');
    expect(`${await server.reader.readExactly(10)}`).toBe('still here');
  });

  it('is refused while it goes on, and after the end', async () => {
    const serving = server.startTls(SERVER_TLS);
    const starting = client.startTls(CLIENT_TLS);
    expect(await failureOf(client.startTls(CLIENT_TLS))).toBeInstanceOf(ConnectionClosedError);
    await Promise.all([starting, serving]);
    client.writer.writeEof();
    expect(await failureOf(client.startTls(CLIENT_TLS))).toBeInstanceOf(ConnectionClosedError);
  });

  it('can be reset afterwards', async () => {
    await upgrade();
    server.writer.write('x');
    await client.reader.readExactly(1);
    await turns(20);
    server.reset();
    expect(await server.closed).toEqual({ by: 'local' });
    if (client.remoteAddress === undefined) expect(await client.reader.readAll()).toHaveLength(0);
    else expect(await client.closed).toMatchObject({ by: 'reset', error: { code: 'ECONNRESET' } });
  });
});

describe('startTls', () => {
  it('verifies the host that was dialed, and tells it (SNI)', async () => {
    const accepted: Connection[] = [];
    const server = await startServer((connection) => void accepted.push(connection), { host, port: 0 });
    const lookup = ((_name: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) =>
      options.all ? done(null, [{ address: host, family: 4 }]) : done(null, host, 4)) as never;
    for (const [name, outcome] of [
      ['localhost', undefined],
      ['wrong.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
      [host, undefined],
    ] as const) {
      const client = await openConnection({ host: name, port: portOf(server), lookup });
      await until('it is accepted', () => accepted.length > 0);
      const [peer] = accepted.splice(0);
      const serving = peer!.startTls(SERVER_TLS).then(
        () => (peer!.writer.getExtraInfo('socket') as { servername?: string | false }).servername,
        () => undefined,
      );
      const code = await client.startTls({ ca: SERVER_TLS.cert }).then(
        () => undefined,
        (error) => error.code,
      );
      expect(code).toBe(outcome);
      if (outcome === undefined) expect(await serving).toBe(name === host ? false : name);
      client.destroy();
      peer!.destroy();
      await serving;
    }
    await server.close();
  });

  it('goes over any Duplex', async () => {
    const [one, other] = duplexPair();
    const [client, server] = [await openConnection({ socket: one }), await openConnection({ socket: other })];
    await Promise.all([client.startTls(CLIENT_TLS), server.startTls({ ...SERVER_TLS, side: 'server' })]);
    client.writer.write('secret');
    expect(`${await server.reader.readExactly(6)}`).toBe('secret');
    client.destroy();
    server.destroy();
    await Promise.all([client.closed, server.closed]);
  });

  it('passes on what a peer that speaks no TLS answers, and destroys the connection', async () => {
    const { port, close } = await rawServer((socket) => socket.once('data', () => socket.write('454 not now\r\n')));
    const client = await openConnection({ host, port });
    const error = await failureOf(client.startTls({ ca: SERVER_TLS.cert }));
    expect(error).toMatchObject({ code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) });
    expect(await client.closed).toEqual({ by: 'error', error });
    await close();
  });

  it('is a TypeError where there is no socket', () => {
    expect(() => connectionPair()[0].startTls(CLIENT_TLS)).toThrow(TypeError);
  });
});
