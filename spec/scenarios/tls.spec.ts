// Proves TLS from the start: which peer is verified and how, what is agreed on, half-close, and which failures the
// server reports.
import { once } from 'node:events';
import { connect as connectRaw, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type TLSSocket,
  type ConnectionOptions as TlsConnectOptions,
  type TlsOptions,
} from 'node:tls';
import { type Connection, openConnection, type Server, type ServerFailure, startServer } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';
const MIB = 1024 * 1024;
const { ca } = CLIENT_TLS;

describe('TLS', () => {
  let server: Server;
  let accepted: Connection[];
  let failures: ServerFailure[];
  let client: Connection;

  async function serve(tls: TlsOptions = {}, options: object = {}): Promise<void> {
    accepted = [];
    failures = [];
    server = await startServer((connection) => void accepted.push(connection), {
      host,
      port: 0,
      tls: { ...SERVER_TLS, ...tls },
      ...options,
    });
    server.errors.subscribe((failure) => failures.push(failure));
  }

  async function dial(tls: TlsConnectOptions = {}): Promise<[Connection, Connection]> {
    const count = accepted.length;
    client = await openConnection({ host, port: portOf(server), tls: { ...CLIENT_TLS, ...tls } });
    await until('it is accepted', () => accepted.length > count);
    return [client, accepted[count]!];
  }

  afterEach(async () => {
    client?.destroy();
    server.abortClients();
    await server.close({ timeout: 1 });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('carries bytes both ways, and half-closes, with %s', async (version) => {
    await serve({ minVersion: version, maxVersion: version });
    const [near, far] = await dial();
    expect((near.writer.getExtraInfo('cipher') as { version: string }).version).toBe(version);
    near.writer.write(Buffer.alloc(2 * MIB, 'request'));
    near.writer.writeEof();
    expect(await far.reader.readAll()).toHaveLength(2 * MIB);
    far.writer.write(Buffer.alloc(2 * MIB, 'reply'));
    far.writer.writeEof();
    expect(await near.reader.readAll()).toHaveLength(2 * MIB);
    expect(await near.closed).toEqual({ by: 'local' });
    expect(await far.closed).toEqual({ by: 'peer' });
  });

  it('half-closes from the server side, too', async () => {
    await serve();
    const [near, far] = await dial();
    far.writer.write('greeting');
    far.writer.writeEof();
    expect(`${await near.reader.readAll()}`).toBe('greeting');
    near.writer.write(Buffer.alloc(MIB, 'long reply'));
    near.writer.writeEof();
    expect(await far.reader.readAll()).toHaveLength(MIB);
    expect(await near.closed).toEqual({ by: 'peer' });
  });

  it('shows the agreed parameters on both ends', async () => {
    await serve({ ALPNProtocols: ['spdy', 'h2'] });
    const [near, far] = await dial({ ALPNProtocols: ['h2', 'http/1.1'] });
    for (const { writer } of [near, far]) {
      expect(writer.getExtraInfo('alpn')).toBe('h2');
      expect(writer.getExtraInfo('cipher')).toMatchObject({ name: expect.any(String), version: 'TLSv1.3' });
      expect((writer.getExtraInfo('socket') as TLSSocket).encrypted).toBe(true);
      expect(writer.getExtraInfo('nothing')).toBeUndefined();
    }
    expect(near.writer.getExtraInfo('peercert')).toMatchObject({
      subjectaltname: expect.stringContaining('localhost'),
    });
    // A client without a requested certificate has none.
    expect(far.writer.getExtraInfo('peercert')).toEqual({});
  });

  it('agrees on no protocol when none was offered', async () => {
    await serve({ ALPNProtocols: ['h2'] });
    const [near, far] = await dial();
    expect([near.writer.getExtraInfo('alpn'), far.writer.getExtraInfo('alpn')]).toEqual([undefined, undefined]);
  });

  it('rejects a client that offers no protocol of the server, and reports it on both ends', async () => {
    await serve({ ALPNProtocols: ['h2'] });
    const error = await failureOf(
      openConnection({ host, port: portOf(server), tls: { ...CLIENT_TLS, ALPNProtocols: ['x'] } }),
    );
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
    await until('it is reported', () => failures.length > 0);
    expect(accepted).toEqual([]);
  });

  it('chooses a certificate by the name that the client sends (SNICallback)', async () => {
    const names: string[] = [];
    await serve({
      SNICallback: (name, choose) => {
        names.push(name);
        choose(null, createSecureContext(SERVER_TLS));
      },
    });
    await dial({ servername: 'localhost' });
    expect(names).toEqual(['localhost']);
    expect((accepted[0]!.writer.getExtraInfo('socket') as TLSSocket).servername).toBe('localhost');
  });

  it('rejects a client for whose name there is no certificate, and reports it', async () => {
    await serve({ SNICallback: (name, choose) => choose(new Error(`nobody is ${name}`)) });
    expect(await failureOf(openConnection({ host, port: portOf(server), tls: CLIENT_TLS }))).toMatchObject({
      code: expect.any(String),
    });
    await until('it is reported', () => failures.length > 0);
    expect(failures[0]!.error).toMatchObject({ message: 'nobody is localhost' });
    expect(accepted).toEqual([]);
  });

  describe('client certificates', () => {
    it('are requested, verified and shown', async () => {
      await serve({ requestCert: true, ca });
      const [, far] = await dial(SERVER_TLS);
      expect(far.writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'rxjs-tcp specs' } });
      expect((far.writer.getExtraInfo('socket') as TLSSocket).authorized).toBe(true);
    });

    it('are required when requested: without one the handler is not called, and the server reports it', async () => {
      await serve({ requestCert: true, ca, maxVersion: 'TLSv1.2' });
      await failureOf(openConnection({ host, port: portOf(server), tls: CLIENT_TLS }));
      await until('it is reported', () => failures.length > 0);
      expect(failures[0]!.connection).toBeUndefined();
      expect(failures[0]!.error).toMatchObject({ code: expect.stringMatching(/CERTIFICATE/) });
      expect(accepted).toEqual([]);
    });

    it('with TLS 1.3 a client learns of a rejection only when it reads, and then as an end, since Node sends no alert', async () => {
      await serve({ requestCert: true, ca });
      client = await openConnection({ host, port: portOf(server), tls: CLIENT_TLS });
      const error = await failureOf(client.reader.readExactly(1));
      expect(error).toMatchObject({ code: expect.stringMatching(/^(ERR_INCOMPLETE_READ|ERR_SSL_|ECONNRESET)/) });
      await until('it is reported', () => failures.length > 0);
      expect(accepted).toEqual([]);
    });

    it('are optional with rejectUnauthorized: false, and the handler sees which client has none', async () => {
      await serve({ requestCert: true, ca, rejectUnauthorized: false });
      const [, far] = await dial();
      const socket = far.writer.getExtraInfo('socket') as TLSSocket;
      expect(socket.authorized).toBe(false);
      expect(far.writer.getExtraInfo('peercert')).toEqual({});
    });
  });

  it('works over a Unix path', async () => {
    const paths = socketPaths();
    const path = paths.path('tls.sock');
    await serve({}, { path, host: undefined, port: undefined });
    client = await openConnection({ path, tls: CLIENT_TLS });
    await until('it is accepted', () => accepted.length === 1);
    client.writer.write('secret\n');
    expect(`${await accepted[0]!.reader.readLine()}`).toBe('secret\n');
    expect(client.writer.getExtraInfo('peername')).toBe(path);
    const closing = client.close();
    await accepted[0]!.close();
    await closing;
    await server.close();
    paths.remove();
  });

  it('resumes a session', async () => {
    await serve();
    const raw = connectTls({ host, port: portOf(server), ...CLIENT_TLS });
    const [session] = (await once(raw, 'session')) as [Buffer];
    raw.destroy();
    const [near] = await dial({ session });
    expect((near.writer.getExtraInfo('socket') as TLSSocket).isSessionReused()).toBe(true);
  });

  it('keeps the bytes that a client sends together with the end of its handshake', async () => {
    await serve();
    const raw = connectTls({ host, port: portOf(server), ...CLIENT_TLS });
    raw.end('said at once\n');
    await until('it is accepted', () => accepted.length === 1);
    expect(`${await accepted[0]!.reader.readAll()}`).toBe('said at once\n');
    raw.destroy();
  });

  it('closes in time when the peer does not answer close_notify', async () => {
    await serve();
    const raw = connectTls({ host, port: portOf(server), ...CLIENT_TLS, allowHalfOpen: true } as TlsConnectOptions);
    await until('it is accepted', () => accepted.length === 1);
    raw.resume();
    accepted[0]!.writer.write('bye');
    expect(await accepted[0]!.close({ timeout: 15 })).toEqual({ by: 'local' });
    raw.destroy();
  });

  it('closes in time when the peer does not read', async () => {
    await serve();
    const raw: Socket = connectRaw(portOf(server), host);
    const secure = connectTls({ socket: raw, ...CLIENT_TLS });
    await until('it is accepted', () => accepted.length === 1);
    secure.pause();
    accepted[0]!.writer.write(Buffer.alloc(12 * MIB));
    expect(await accepted[0]!.close({ timeout: 15 })).toMatchObject({ by: 'timeout', error: { what: 'close' } });
    secure.destroy();
    raw.destroy();
  });

  it('reports a client that does not trust the server', async () => {
    await serve();
    const error = await failureOf(openConnection({ host, port: portOf(server), tls: { servername: 'localhost' } }));
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    // The server may have finished before the client checked: then it sees a connection that ends.
    await until('it is reported, or has ended', () => failures.length + accepted.length > 0);
    await turns(5);
    for (const connection of accepted) connection.destroy();
  });

  it('does not wait on close for a client in its handshake', async () => {
    await serve();
    const silent = connectRaw(portOf(server), host);
    await once(silent, 'connect');
    silent.on('error', () => {});
    await turns(10);
    await server.close({ timeout: 10 });
    expect(accepted).toEqual([]);
    silent.destroy();
  });
});
