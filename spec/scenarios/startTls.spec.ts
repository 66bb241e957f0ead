// Proves the upgrade of an open connection: which sides shake hands, which bytes go in the clear, and how it fails. The
// options of a handshake, and the name it verifies: upgradeToTls.spec.ts.
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import tls, {
  connect as connectTls,
  createSecureContext,
  createServer as createTlsServer,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import {
  type Connection,
  ConnectionClosedError,
  connectionPair,
  decode,
  lines,
  openConnection,
  PlaintextPendingError,
  type StartTlsOptions,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { duplexPair } from '../support/duplexPair';
import { failureOf } from '../support/failureOf';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { plainPair } from '../support/plainPair';
import { rawServer } from '../support/rawServer';
import { record } from '../support/record';
import { thrownBy } from '../support/thrownBy';
import { type Ends, transports } from '../support/transports';
import { turns, until } from '../support/until';

const MIB = 1024 * 1024;
const host = '127.0.0.1';
const { ca } = CLIENT_TLS;

noUnhandledRejections();

function socketOf(connection: Connection): Socket {
  return connection.writer.getExtraInfo('socket') as Socket;
}

/** Every listener of a stream, by its event. */
function listenersOf(emitter: NodeJS.EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}

describe.each(transports.filter(({ name }) => name === 'TCP' || name === 'Unix'))('startTls over $name', (kind) => {
  let ends: Ends;
  let client: Connection;
  let server: Connection;

  beforeEach(async () => {
    ends = await kind.open('client');
    ({ near: client, far: server } = ends);
  });

  afterEach(() => ends.release());

  const shakeHands = (ofClient: StartTlsOptions = CLIENT_TLS, ofServer: StartTlsOptions = SERVER_TLS) =>
    Promise.all([client.startTls(ofClient), server.startTls(ofServer)]);

  it('keeps the same reader and writer', async () => {
    const { reader, writer } = client;
    client.writer.write('STARTTLS\n');
    expect(`${await server.reader.readLine()}`).toBe('STARTTLS\n');
    server.writer.write('go ahead\n');
    expect(`${await client.reader.readLine()}`).toBe('go ahead\n');
    await shakeHands();
    expect(client.reader).toBe(reader);
    expect(client.writer).toBe(writer);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.writer.write('secret\n');
      expect(`${await other.reader.readLine()}`).toBe('secret\n');
    }
    expect(client.writer.getExtraInfo('cipher')).toMatchObject({ version: 'TLSv1.3' });
    expect(client.writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'rxjs-tcp specs' } });
    for (const end of [client, server]) expect((socketOf(end) as TLSSocket).encrypted).toBe(true);
    await Promise.all([client.close(), server.close()]);
  });

  it('counts bytes on both sides of the upgrade', async () => {
    client.writer.write('12345\n');
    await server.reader.readLine();
    await shakeHands();
    client.writer.write('678\n');
    expect(`${await server.reader.readLine()}`).toBe('678\n');
    expect([client.bytesWritten, server.bytesRead]).toEqual([10, 10]);
  });

  it('keeps the addresses, and removes its listeners from the socket beneath', async () => {
    const { remoteAddress, remotePort, localPort } = client;
    const peername = client.writer.getExtraInfo('peername');
    await shakeHands();
    expect(client).toMatchObject({ remoteAddress, remotePort, localPort });
    expect(client.writer.getExtraInfo('peername')).toEqual(peername);
  });

  it('sends bytes written before in the clear, and bytes written after encrypted', async () => {
    const before = Buffer.alloc(3 * MIB, 'in the clear');
    client.writer.write(before);
    const upgrading = client.startTls(CLIENT_TLS);
    client.writer.write('after\n');
    // The server reads all plaintext before it begins.
    expect((await server.reader.readExactly(before.length)).equals(before)).toBe(true);
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    expect(`${await server.reader.readLine()}`).toBe('after\n');
  });

  it('queues bytes until the handshake is done, however many', async () => {
    const upgrading = client.startTls(CLIENT_TLS);
    client.writer.write(Buffer.alloc(2 * MIB, 'x'));
    const flushed = client.writer.flush();
    let done = false;
    void flushed.then(() => (done = true));
    await turns(10);
    expect([done, client.bytesWritten, client.writer.bufferedAmount]).toEqual([false, 0, 2 * MIB]);
    const reading = server.startTls(SERVER_TLS).then(() => server.reader.readExactly(2 * MIB));
    await upgrading;
    expect(await reading).toHaveLength(2 * MIB);
    await flushed;
    expect(client.bytesWritten).toBe(2 * MIB);
  });

  it('keeps the order of the bytes that both ends write meanwhile, and ends after them', async () => {
    const sent = Buffer.alloc(3 * MIB, 'abcdefg');
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

  it('drains across the upgrade', async () => {
    client.writer.write(Buffer.alloc(MIB));
    const upgrading = client.startTls(CLIENT_TLS);
    client.writer.write(Buffer.alloc(MIB));
    const draining = client.writer.drain();
    await server.reader.readExactly(MIB);
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    await Promise.all([draining, server.reader.readExactly(MIB)]);
  });

  it('completes a read that was pending before', async () => {
    const [atClient, atServer] = [client.reader.readLine(), server.reader.readLine()];
    const { seen } = record(server.reader.pipe(lines()));
    expect(seen).toEqual(['# ReaderBusyError']);
    await shakeHands();
    client.writer.write('to the server\n');
    server.writer.write('to the client\n');
    expect([`${await atClient}`, `${await atServer}`]).toEqual(['to the client\n', 'to the server\n']);
  });

  it('keeps a subscription alive', async () => {
    const { seen, subscription } = record(server.reader.pipe(lines()));
    client.writer.write('clear\n');
    await until('it has arrived', () => seen.length === 1);
    await shakeHands();
    client.writer.write('encrypted\n');
    await until('it has arrived', () => seen.length === 2);
    expect(seen).toEqual(['clear', 'encrypted']);
    subscription.unsubscribe();
  });

  it('keeps a reader held that was held before', async () => {
    const release = server.reader.pause();
    await shakeHands();
    client.writer.write('held\n');
    let line = '';
    void server.reader.readLine().then((read) => (line = `${read}`));
    await until('it has arrived', () => server.bytesRead === 5);
    await turns(3);
    expect(line).toBe('');
    release();
    await until('it is delivered', () => line === 'held\n');
  });

  it('pauses the peer under TLS too when nobody reads', async () => {
    await shakeHands();
    for (let sent = 0; sent < 32 * MIB; sent += MIB) {
      if (client.writer.bufferedAmount < 4 * MIB) client.writer.write(Buffer.alloc(MIB));
      await turns(1);
    }
    expect(server.reader.bufferedAmount).toBeLessThan(MIB);
    expect(client.bytesWritten).toBeLessThan(16 * MIB);
    expect(await server.reader.readExactly(4 * MIB)).toHaveLength(4 * MIB);
  });

  it('ends cleanly over TLS, from both sides, with half-close', async () => {
    await shakeHands();
    client.writer.write('request');
    client.writer.writeEof();
    expect(`${await server.reader.readAll()}`).toBe('request');
    server.writer.write('reply');
    server.writer.writeEof();
    expect(`${await client.reader.readAll()}`).toBe('reply');
    expect(await client.closed).toEqual({ by: 'local' });
    expect(await server.closed).toEqual({ by: 'peer' });
  });

  it('supports reset() over TLS', async () => {
    await shakeHands();
    client.writer.write('x');
    await server.reader.readExactly(1);
    client.reset();
    expect(await client.closed).toEqual({ by: 'local' });
    expect(socketOf(client).destroyed).toBe(true);
    // A TLS 1.3 server has session tickets in flight, which a closed client does not take.
    await until('the server learns of it', () => server.reader.atEof() || server.signal.aborted);
  });

  it('supports reset() of a server over TLS too, which the client sees as a reset', async () => {
    await shakeHands();
    server.writer.write('x');
    await client.reader.readExactly(1);
    // The session tickets have arrived by then, or they would meet the reset.
    await turns(20);
    server.reset();
    expect(await server.closed).toEqual({ by: 'local' });
    if (kind.name === 'TCP') expect(await client.closed).toMatchObject({ by: 'reset', error: { code: 'ECONNRESET' } });
    // A Unix socket has no reset.
    else expect(await client.reader.readAll()).toHaveLength(0);
  });

  it.each([
    ['the client', 'client'],
    ['the server', 'server'],
  ] as const)('passes bytes that %s has read early to its handshake, on a server', async (_, side) => {
    const [asServer, asClient] = side === 'server' ? [server, client] : [client, server];
    const upgrading = asClient.startTls({ ...CLIENT_TLS, side: 'client' });
    await until('the ClientHello is there', () => asServer.reader.bufferedAmount > 100);
    await Promise.all([upgrading, asServer.startTls({ ...SERVER_TLS, side: 'server' })]);
    asClient.writer.write('hello\n');
    expect(`${await asServer.reader.readLine()}`).toBe('hello\n');
  });

  it('rejects while a client has unread bytes, and leaves the connection as it is', async () => {
    server.writer.write('220 go ahead\n250 injected\n');
    expect(`${await client.reader.readLine()}`).toBe('220 go ahead\n');
    const error = await failureOf(client.startTls(CLIENT_TLS));
    expect(error).toBeInstanceOf(PlaintextPendingError);
    expect(error).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending: 13 });
    expect(`${await client.reader.readLine()}`).toBe('250 injected\n');
    client.writer.write('still here\n');
    expect(`${await server.reader.readLine()}`).toBe('still here\n');
    await shakeHands();
    client.writer.write('and encrypted\n');
    expect(`${await server.reader.readLine()}`).toBe('and encrypted\n');
  });

  it('drops the unread bytes of a client with discard', async () => {
    server.writer.write('injected\n');
    await until('it has arrived', () => client.reader.bufferedAmount === 9);
    await shakeHands({ ...CLIENT_TLS, pending: 'discard' });
    server.writer.write('right\n');
    expect(`${await client.reader.readLine()}`).toBe('right\n');
    expect(client.reader.bufferedAmount).toBe(0);
  });

  it('passes them to the handshake with feed, which fails if they are not TLS', async () => {
    server.writer.write('injected\n');
    await until('it has arrived', () => client.reader.bufferedAmount === 9);
    const error = await failureOf(client.startTls({ ...CLIENT_TLS, pending: 'feed' }));
    expect(error).toMatchObject({ code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) });
    expect(await client.closed).toEqual({ by: 'error', error });
  });

  it('drops the unread bytes of a server with discard', async () => {
    client.writer.write('noise before the handshake\n');
    await until('it has arrived', () => server.reader.bufferedAmount === 27);
    await Promise.all([server.startTls({ ...SERVER_TLS, pending: 'discard' }), client.startTls(CLIENT_TLS)]);
    client.writer.write('right\n');
    expect(`${await server.reader.readLine()}`).toBe('right\n');
  });

  it('destroys the connection when bytes are injected while the rest is sent', async () => {
    // More than the peer reads: the rest is still being sent when the injected line arrives.
    client.writer.write(Buffer.alloc(16 * MIB - 1));
    const upgrading = failureOf(client.startTls(CLIENT_TLS));
    client.writer.write('secret\n');
    server.writer.write('injected\n');
    await until('it has arrived', () => client.bytesRead === 9);
    expect(client.reader.bufferedAmount).toBe(0);
    expect(await server.reader.readExactly(16 * MIB - 1)).toHaveLength(16 * MIB - 1);
    const error = await upgrading;
    expect(error).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending: 9 });
    expect(await client.closed).toEqual({ by: 'error', error });
    // No byte that was to be encrypted went out in the clear.
    expect((await server.reader.readAll().catch(() => Buffer.alloc(0))).includes('secret')).toBe(false);
    expect(() => client.writer.write('x')).toThrow(expect.objectContaining({ cause: error }));
  });

  it('shakes hands in the other direction with `side`', async () => {
    await Promise.all([
      client.startTls({ ...SERVER_TLS, side: 'server' }),
      server.startTls({ ...CLIENT_TLS, side: 'client' }),
    ]);
    server.writer.write('from the accepted client\n');
    expect(`${await client.reader.readLine()}`).toBe('from the accepted client\n');
    expect(server.writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'rxjs-tcp specs' } });
  });

  it('works inside TLS inside TLS, three levels deep', async () => {
    for (const depth of ['one', 'two', 'three']) {
      await shakeHands();
      client.writer.write(`${depth} from the client\n`);
      expect(`${await server.reader.readLine()}`).toBe(`${depth} from the client\n`);
      server.writer.write(`${depth} from the server\n`);
      expect(`${await client.reader.readLine()}`).toBe(`${depth} from the server\n`);
    }
    client.writer.write(Buffer.alloc(MIB, 'deep'));
    expect(await server.reader.readExactly(MIB)).toHaveLength(MIB);
    const closing = client.close();
    expect(await server.reader.readAll()).toHaveLength(0);
    await server.close();
    expect(await closing).toEqual({ by: 'local' });
  });

  it('agrees on a protocol (ALPN)', async () => {
    await shakeHands({ ...CLIENT_TLS, ALPNProtocols: ['b', 'a'] }, { ...SERVER_TLS, ALPNProtocols: ['a', 'b'] });
    expect([client, server].map(({ writer }) => writer.getExtraInfo('alpn'))).toEqual(['a', 'a']);
  });

  it('requests a client certificate', async () => {
    await shakeHands({ ...CLIENT_TLS, ...SERVER_TLS }, { ...SERVER_TLS, requestCert: true, ca });
    expect(server.writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'rxjs-tcp specs' } });
  });

  it('rejects a client without the requested certificate', async () => {
    const ofServer = failureOf(server.startTls({ ...SERVER_TLS, requestCert: true, ca }));
    // With TLS 1.3 a client is ready before the server has checked its certificate.
    await client.startTls(CLIENT_TLS);
    const error = await ofServer;
    expect(error).toMatchObject({ code: expect.stringMatching(/CERT/) });
    expect(await server.closed).toEqual({ by: 'error', error });
    // With TLS 1.3 the client is ready before the server refuses it, with an alert on the open connection.
    const alert = await failureOf(client.reader.readExactly(1));
    expect(alert).toMatchObject({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    expect(await client.closed).toEqual({ by: 'error', error: alert });
  });

  const bad: [string, object][] = [
    ['an invalid side', { ...CLIENT_TLS, side: 'both' }],
    ['an invalid pending', { ...CLIENT_TLS, pending: 'keep' }],
    ['an invalid key', { ...CLIENT_TLS, cert: SERVER_TLS.cert, key: 'not a key' }],
    ['a strange checkServerIdentity', { ...CLIENT_TLS, checkServerIdentity: 5 }],
    ['a strange servername', { ...CLIENT_TLS, servername: 5 }],
    ['a strange session', { ...CLIENT_TLS, session: 'x' }],
  ];
  it.each(bad)('throws for %s, and leaves the connection usable', async (_, options) => {
    expect(thrownBy(() => client.startTls(options as StartTlsOptions))).toBeInstanceOf(TypeError);
    client.writer.write('usable\n');
    expect(`${await server.reader.readLine()}`).toBe('usable\n');
    await shakeHands();
  });

  it('throws for an invalid timeout, and leaves the connection usable', async () => {
    expect(() => client.startTls({ ...CLIENT_TLS, handshakeTimeout: -1 })).toThrow(RangeError);
    await shakeHands();
  });

  it('survives strange ALPNProtocols, which Node checks in the handshake', async () => {
    const ofServer = server.startTls(SERVER_TLS).catch(() => {});
    const options: object = { ...CLIENT_TLS, ALPNProtocols: 5 };
    const error = await failureOf(client.startTls(options));
    expect(error).toMatchObject({ message: expect.any(String) });
    expect(await client.closed).toEqual({ by: 'error', error });
    server.destroy();
    await ofServer;
  });

  describe('a handshake that fails', () => {
    it('destroys both ends, and rejects every waiter', async () => {
      const ofServer = failureOf(server.startTls(SERVER_TLS));
      const upgrading = client.startTls({ servername: 'localhost' });
      client.writer.write('never sent');
      const waiting = [client.writer.flush(), client.reader.readLine()].map(failureOf);
      const error = await failureOf(upgrading);
      expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      expect(await client.closed).toEqual({ by: 'error', error });
      const [flushing, reading] = await Promise.all(waiting);
      expect(flushing).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: error });
      expect(reading).toBe(error);
      expect(client.bytesWritten).toBe(0);
      expect(() => client.writer.write('x')).toThrow(expect.objectContaining({ cause: error }));
      await turns(5);
      // If a client refuses after the server has finished, the server sees an end, else a failure.
      server.destroy();
      await Promise.all([server.closed, ofServer.catch(() => {})]);
    });

    it('is the result of a peer that speaks no TLS', async () => {
      server.writer.write('');
      const upgrading = failureOf(client.startTls(CLIENT_TLS));
      await until('the ClientHello is there', () => server.reader.bufferedAmount > 100);
      server.writer.write('500 what?\n');
      const error = await upgrading;
      expect(error).toMatchObject({ code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) });
      expect(await client.closed).toEqual({ by: 'error', error });
    });

    it('is the result of a client that speaks no TLS', async () => {
      const upgrading = failureOf(server.startTls(SERVER_TLS));
      client.writer.write('GET / HTTP/1.1\r\n\r\n');
      const error = await upgrading;
      expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
      expect(await server.closed).toEqual({ by: 'error', error });
    });

    it.each([
      ['client', () => client, CLIENT_TLS],
      ['server', () => server, SERVER_TLS],
    ] as const)('ends the %s after handshakeTimeout', async (_, end, options) => {
      const upgrading = end().startTls({ ...options, handshakeTimeout: 15 });
      const error = await failureOf(upgrading);
      expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'handshake', timeout: 15 });
      expect(await end().closed).toEqual({ by: 'timeout', error });
    });

    it('has handshakeTimeout from the call on, also when the queued bytes are not taken', async () => {
      client.writer.write(Buffer.alloc(16 * MIB - 1));
      const error = await failureOf(client.startTls({ ...CLIENT_TLS, handshakeTimeout: 15 }));
      expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'handshake', timeout: 15 });
      expect(await client.closed).toEqual({ by: 'timeout', error });
    });

    it('has no time limit with a timeout of 0', async () => {
      const upgrading = server.startTls({ ...SERVER_TLS, handshakeTimeout: 0 });
      await turns(20);
      await Promise.all([upgrading, client.startTls({ ...CLIENT_TLS, handshakeTimeout: 0 })]);
    });
  });

  it.each(['destroy', 'reset'] as const)('a %s() inside a callback of Node ends only that connection', async (how) => {
    const { client, server, release } = await plainPair('localhost');
    const serving = failureOf(server.startTls(SERVER_TLS));
    const check = () => {
      client[how]();
      return undefined;
    };
    const error = await failureOf(client.startTls({ ...CLIENT_TLS, checkServerIdentity: check }));
    expect(error).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    expect(await client.closed).toEqual({ by: 'local' });
    expect(await serving).toMatchObject({ message: expect.any(String) });
    await release();
  });

  describe('signal', () => {
    it('that is already aborted makes the call reject, and leaves the connection as it is', async () => {
      const reason = new Error('changed my mind');
      client.writer.write('in the clear\n');
      expect(await failureOf(client.startTls({ ...CLIENT_TLS, signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect(`${await server.reader.readLine()}`).toBe('in the clear\n');
      await shakeHands();
    });

    it.each([
      ['while the bytes written before are sent', 16 * MIB - 1],
      ['during the handshake', 0],
    ])('that aborts %s makes it reject with the reason, and destroys the connection', async (_, size) => {
      const giveUp = new AbortController();
      const reason = new Error('changed my mind');
      client.writer.write(Buffer.alloc(size));
      const upgrading = failureOf(client.startTls({ ...CLIENT_TLS, signal: giveUp.signal }));
      const reading = failureOf(client.reader.readLine());
      await turns(5);
      giveUp.abort(reason);
      expect(await upgrading).toBe(reason);
      expect(await client.closed).toEqual({ by: 'local', error: reason });
      expect(await reading).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: reason });
      expect(getEventListeners(giveUp.signal, 'abort')).toHaveLength(0);
    });

    it('is ignored once the upgrade is over', async () => {
      const giveUp = new AbortController();
      await shakeHands({ ...CLIENT_TLS, signal: giveUp.signal }, { ...SERVER_TLS, signal: giveUp.signal });
      expect(getEventListeners(giveUp.signal, 'abort')).toHaveLength(0);
      giveUp.abort();
      client.writer.write('still here\n');
      expect(`${await server.reader.readLine()}`).toBe('still here\n');
    });
  });

  describe.each([
    ['client', () => client, () => server, CLIENT_TLS],
    ['server', () => server, () => client, SERVER_TLS],
  ] as const)('during the handshake of the %s', (_, near, far, options) => {
    let upgrading: Promise<unknown>;

    beforeEach(async () => {
      upgrading = failureOf(near().startTls(options));
      near().writer.write('waits');
      await turns(5);
    });

    it.each([
      ['destroy()', (connection: Connection) => connection.destroy()],
      ['reset()', (connection: Connection) => connection.reset()],
      ['writer.error()', (connection: Connection) => connection.writer.error(undefined)],
    ])('%s ends both, and the call rejects', async (_, end) => {
      const pending = failureOf(near().reader.readLine());
      end(near());
      expect(await near().closed).toEqual({ by: 'local' });
      expect(await upgrading).toBeInstanceOf(ConnectionClosedError);
      expect(await pending).toBeInstanceOf(ConnectionClosedError);
      expect(socketOf(near()).destroyed).toBe(true);
      await far()
        .reader.readAll()
        .catch(() => {});
      expect(far().reader.atEof() || far().signal.aborted).toBe(true);
    });

    it('destroy() passes on its error', async () => {
      const reason = new Error('enough');
      near().destroy(reason);
      expect(await upgrading).toBe(reason);
      expect(await near().closed).toEqual({ by: 'local', error: reason });
    });

    it('close() waits for it, at most for its timeout', async () => {
      const { by, error } = await near().close({ timeout: 15 });
      expect(by).toBe('timeout');
      expect(error).toMatchObject({ what: 'close', timeout: 15 });
      expect(await upgrading).toBe(error);
    });

    it('the end of the peer is a failure', async () => {
      far().writer.writeEof();
      const error = await upgrading;
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(await near().closed).toEqual({ by: 'reset', error });
    });

    it('a reset by the peer is a failure', async () => {
      far().reset();
      const error = await upgrading;
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(await near().closed).toEqual({ by: 'reset', error });
    });

    it('a destroyed peer is a failure, and every read gets it', async () => {
      far().destroy();
      const error = await upgrading;
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(await near().closed).toEqual({ by: 'reset', error });
      expect(await failureOf(near().reader.readLine())).toBe(error);
    });

    it('a second call rejects, and disturbs nothing', async () => {
      expect(await failureOf(near().startTls(options))).toBeInstanceOf(ConnectionClosedError);
      near().destroy();
      await upgrading;
    });
  });

  it('is completed by close(), which sends the bytes written since after the handshake', async () => {
    const upgrading = client.startTls(CLIENT_TLS);
    client.writer.write('last words');
    const closing = client.close();
    await server.startTls(SERVER_TLS);
    await upgrading;
    expect(`${await server.reader.readAll()}`).toBe('last words');
    await server.close();
    expect(await closing).toEqual({ by: 'local' });
  });

  it('is completed by writeEof(), which sends the bytes written since after the handshake', async () => {
    const upgrading = client.startTls(CLIENT_TLS);
    client.writer.write('last words');
    client.writer.writeEof();
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    expect(`${await server.reader.readAll()}`).toBe('last words');
    server.writer.write('reply');
    server.writer.writeEof();
    expect(`${await client.reader.readAll()}`).toBe('reply');
    expect(await client.closed).toEqual({ by: 'local' });
  });

  it.each<[string, (connection: Connection) => unknown]>([
    ['close()', (connection) => void connection.close()],
    ['destroy()', (connection) => connection.destroy()],
    ['writeEof()', (connection) => connection.writer.writeEof()],
  ])('rejects after %s', async (_, end) => {
    end(client);
    const error = await failureOf(client.startTls(CLIENT_TLS));
    expect(error).toBeInstanceOf(ConnectionClosedError);
    expect((error as Error).message).toBe('Cannot start TLS: the connection has ended');
  });

  it('rejects after the peer has ended', async () => {
    server.writer.writeEof();
    await client.reader.readAll();
    expect(await failureOf(client.startTls(CLIENT_TLS))).toBeInstanceOf(ConnectionClosedError);
    expect(client.writer.write('still writable')).toBe(true);
  });

  it('leaks no listener, at any depth', async () => {
    const ofProcess = listenersOf(process);
    const levels: Socket[] = [];
    for (let depth = 0; depth < 3; depth++) {
      const sockets = [socketOf(client), socketOf(server)];
      const before = sockets.map(listenersOf);
      await shakeHands();
      for (const [i, socket] of sockets.entries()) {
        // Node's own listeners make one more of these; the bytes bypass us.
        expect(socket.listenerCount('data')).toBe(0);
        for (const event of ['end', 'error', 'close', 'readable', 'drain', 'finish', 'secure', 'timeout']) {
          const more = socket.listenerCount(event) - (before[i]?.[event] ?? 0);
          expect([event, more <= 1]).toEqual([event, true]);
        }
      }
      levels.push(...sockets);
    }
    await Promise.all([client.close(), server.close()]);
    for (const socket of levels) expect(socket.destroyed).toBe(true);
    expect(listenersOf(process)).toEqual(ofProcess);
  });
});

describe('startTls', () => {
  it('sends the dialed name (SNI), and verifies it', async () => {
    const { client, server, release } = await plainPair('localhost');
    const names: string[] = [];
    const SNICallback: StartTlsOptions['SNICallback'] = (name, choose) => {
      names.push(name);
      choose(null);
    };
    await Promise.all([client.startTls({ ca }), server.startTls({ ...SERVER_TLS, SNICallback })]);
    expect(names).toEqual(['localhost']);
    await release();
  });

  it('rejects the certificate of another name', async () => {
    const { client, server, release } = await plainPair('other.example');
    const ofServer = server.startTls(SERVER_TLS).catch(() => {});
    const error = await failureOf(client.startTls({ ca }));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'other.example' });
    expect(await client.closed).toEqual({ by: 'error', error });
    await Promise.all([ofServer, release()]);
  });

  it('throws on a Unix path without a name to verify', async () => {
    const { near, far, release } = await transports.find(({ name }) => name === 'Unix')!.open('client');
    expect(() => near.startTls({ ca })).toThrow(/give servername/);
    near.writer.write('usable\n');
    expect(`${await far.reader.readLine()}`).toBe('usable\n');
    await release();
  });

  it('throws for an accepted connection as a client without a name to verify', async () => {
    const { client, server, release } = await plainPair();
    expect(() => server.startTls({ side: 'client', ca })).toThrow(/give servername/);
    client.writer.write('usable\n');
    expect(`${await server.reader.readLine()}`).toBe('usable\n');
    await release();
  });

  it('inside a TLS connection verifies like the outer handshake', async () => {
    const { client, server, release } = await plainPair('localhost', {
      client: { tls: { ca } },
      server: { tls: SERVER_TLS },
    });
    await Promise.all([client.startTls({ ca }), server.startTls(SERVER_TLS)]);
    client.writer.write('TLS in TLS\n');
    expect(`${await server.reader.readLine()}`).toBe('TLS in TLS\n');
    await Promise.all([client.close(), server.close()]);
    await release();
  });

  it('works on a connection over any Duplex', async () => {
    const [one, other] = duplexPair();
    const [client, server] = await Promise.all([openConnection({ socket: one }), openConnection({ socket: other })]);
    client.writer.write('STARTTLS\n');
    expect(`${await server.reader.readLine()}`).toBe('STARTTLS\n');
    await Promise.all([client.startTls(CLIENT_TLS), server.startTls({ ...SERVER_TLS, side: 'server' })]);
    client.writer.write(Buffer.alloc(300_000, 'x'));
    expect(await server.reader.readExactly(300_000)).toHaveLength(300_000);
    const closing = client.close();
    expect(await server.reader.readAll()).toHaveLength(0);
    await server.close();
    expect(await closing).toEqual({ by: 'local' });
  });

  it('throws on the memory pair, which has no socket, and leaves it usable', async () => {
    const [client, server] = connectionPair();
    expect(() => client.startTls(CLIENT_TLS)).toThrow(
      new TypeError('Cannot start TLS: the connection is not on a socket'),
    );
    client.writer.write('usable\n');
    expect(`${await server.reader.readLine()}`).toBe('usable\n');
    client.destroy();
    server.destroy();
  });

  it('restarts a half-read frame of a generator whose bytes were the beginning of the handshake', async () => {
    const { client, server, release } = await plainPair();
    const frame = decode(function* (read) {
      const size = (yield* read.exactly(2)).readUInt16BE();
      return yield* read.exactly(size);
    });
    // It reads a ClientHello as a frame of some 5,000 bytes.
    const { seen, subscription } = record(server.reader.pipe(frame));
    const upgrading = client.startTls({ ca });
    await until('the ClientHello is there', () => server.reader.bufferedAmount > 100);
    await Promise.all([upgrading, server.startTls(SERVER_TLS)]);
    client.writer.write('\0\x05hello');
    await until('it has arrived', () => seen.length > 0);
    expect(seen).toEqual(['hello']);
    subscription.unsubscribe();
    await release();
  });

  it('talks to a client of Node that begins at once', async () => {
    const { port, sockets, close } = await rawServer((socket) => socket.write('ready\n'));
    const plain = await openConnection({ host, port });
    expect(`${await plain.reader.readLine()}`).toBe('ready\n');
    const upgrading = plain.startTls({ ...SERVER_TLS, side: 'server' });
    const peer = connectTls({ socket: sockets[0]!, ...CLIENT_TLS });
    await upgrading;
    plain.writer.write('hello');
    let received = '';
    peer.on('data', (chunk) => (received += chunk));
    await until('it has arrived', () => received === 'hello');
    peer.destroy();
    await plain.close();
    await close();
  });

  it('talks to a server of Node', async () => {
    const tls = createTlsServer(SERVER_TLS, (socket) => socket.end('hello'));
    const { port, close } = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('go\n');
        tls.emit('connection', socket);
      });
    });
    const client = await openConnection({ host, port });
    client.writer.write('STARTTLS\n');
    expect(`${await client.reader.readLine()}`).toBe('go\n');
    await client.startTls({ ca });
    expect(`${await client.reader.readAll()}`).toBe('hello');
    await client.close();
    await close();
  });
});

describe.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('a session of %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  /** Upgrades a new connection. Returns the sockets of client and server, and the session that can be resumed. */
  async function upgradeNew(ofClient: StartTlsOptions, ofServer: StartTlsOptions) {
    const { client, server, release } = await plainPair('localhost');
    await Promise.all([client.startTls({ ca, ...only, ...ofClient }), server.startTls({ ...ofServer, ...only })]);
    const socket = socketOf(client) as TLSSocket;
    // With TLS 1.3 it arrives after the handshake.
    await until('the session is there', () => socket.getTLSTicket() !== undefined);
    const result = {
      session: socket.getSession() as Buffer,
      reused: [client, server].map((end) => (socketOf(end) as TLSSocket).isSessionReused()),
      certificates: [client, server].map(({ writer }) => writer.getExtraInfo('peercert') as tls.PeerCertificate),
    };
    await release();
    return result;
  }

  it('is resumed by a server whose options have equal values', async () => {
    const first = await upgradeNew({}, { ...SERVER_TLS });
    expect(first.reused).toEqual([false, false]);
    const second = await upgradeNew({ session: first.session }, { ...SERVER_TLS });
    expect(second.reused).toEqual([true, true]);
    const third = await upgradeNew({ session: second.session }, { ...SERVER_TLS });
    expect(third.reused).toEqual([true, true]);
    const other = await upgradeNew({ session: third.session }, { ...SERVER_TLS, cert: Buffer.from(SERVER_TLS.cert) });
    expect(other.reused).toEqual([false, false]);
  });

  it("shows the peer's certificate also when it was resumed, on both sides", async () => {
    const ofServer = { ...SERVER_TLS, requestCert: true, ca };
    const first = await upgradeNew(SERVER_TLS, ofServer);
    const resumed = await upgradeNew({ ...SERVER_TLS, session: first.session }, ofServer);
    expect(resumed.reused).toEqual([true, true]);
    for (const [i, { subject, raw }] of resumed.certificates.entries()) {
      expect(subject.CN).toBe('rxjs-tcp specs');
      expect(raw.equals(first.certificates[i]!.raw)).toBe(true);
    }
  });

  it('shows no certificate for a resumed client without one', async () => {
    const first = await upgradeNew({}, SERVER_TLS);
    const resumed = await upgradeNew({ session: first.session }, SERVER_TLS);
    expect(resumed.reused).toEqual([true, true]);
    expect(resumed.certificates.map((certificate) => certificate.subject?.CN)).toEqual(['rxjs-tcp specs', undefined]);
  });

  it('is resumed between a server and a client with a secureContext', async () => {
    const ofServer = { secureContext: createSecureContext(SERVER_TLS) };
    const ofClient = { secureContext: createSecureContext({ ca, ...only }) };
    const first = await upgradeNew(ofClient, ofServer);
    const resumed = await upgradeNew({ ...ofClient, session: first.session }, ofServer);
    expect([first.reused, resumed.reused]).toEqual([
      [false, false],
      [true, true],
    ]);
  });
});

describe('the TLS context of startTls', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is created once for all upgrades whose options have equal values, also concurrent ones', async () => {
    const made = jest.spyOn(tls, 'createSecureContext');
    const options = { cert: Buffer.from(SERVER_TLS.cert), key: Buffer.from(SERVER_TLS.key) };
    const authority = Buffer.from(ca);
    const pairs = await Promise.all(Array.from({ length: 8 }, () => plainPair('localhost')));
    await Promise.all(
      pairs.flatMap(({ client, server }) => [
        client.startTls({ ca: [authority] }),
        server.startTls({ ...options, ALPNProtocols: ['a'] }),
      ]),
    );
    expect(made).toHaveBeenCalledTimes(2);
    for (const [i, { client, server }] of pairs.entries()) {
      client.writer.write(`to server ${i}\n`);
      expect(`${await server.reader.readLine()}`).toBe(`to server ${i}\n`);
    }
    await Promise.all(pairs.map(({ release }) => release()));
  });

  it('is shared with clients under other names', async () => {
    const made = jest.spyOn(tls, 'createSecureContext');
    const authority = Buffer.from(ca);
    for (const servername of ['localhost', '127.0.0.1']) {
      const { client, server, release } = await plainPair();
      const checked: string[] = [];
      const checkServerIdentity = (name: string) => void checked.push(name);
      const ofClient = { ca: authority, host: servername, checkServerIdentity };
      await Promise.all([client.startTls(ofClient), server.startTls(SERVER_TLS)]);
      expect(checked).toEqual([servername]);
      await release();
    }
    expect(made.mock.calls.filter(([options]) => options?.ca === authority)).toHaveLength(1);
  });

  it('survives a failed handshake without harm to the others', async () => {
    const options = { ...SERVER_TLS };
    const [good, bad] = await Promise.all([plainPair('localhost'), plainPair('localhost')]);
    const failing = failureOf(bad.server.startTls(options));
    const serving = good.server.startTls(options);
    bad.client.writer.write('no TLS at all\n');
    expect(await failing).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
    await Promise.all([serving, good.client.startTls({ ca })]);
    expect(good.server.signal.aborted).toBe(false);
    await Promise.all([good.release(), bad.release()]);
  });
});
