// Proves that an upgrade to TLS checks its options before it changes anything, which name it verifies, and that it
// reports once, with a secure stream or an error. How a connection uses that: startTls.spec.ts.
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { StartTlsOptions } from '../../src/net/StartTlsOptions';
import { upgradeToTls } from '../../src/net/upgradeToTls';
import type { StreamUpgrade } from '../../src/transports/DuplexTransport';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { duplexPair } from '../support/duplexPair';
import { thrownBy } from '../support/thrownBy';
import { turns, until } from '../support/until';

const { ca } = CLIENT_TLS;

/** The results that an upgrade has reported. */
interface Told {
  readonly calls: { error?: unknown; secure?: TLSSocket | undefined }[];
}

function begin(upgrade: StreamUpgrade, raw: Duplex): Told {
  const calls: Told['calls'] = [];
  upgrade.start(raw, (error, secure) => calls.push({ error, secure: secure as TLSSocket | undefined }));
  return { calls };
}

describe('upgradeToTls', () => {
  let ends: Duplex[];

  beforeEach(() => {
    ends = [];
  });

  afterEach(() => {
    for (const end of ends) end.destroy();
  });

  function pair(): [Duplex, Duplex] {
    const both = duplexPair();
    for (const end of both) end.on('error', () => {});
    ends.push(...both);
    return both;
  }

  const server = (options: StartTlsOptions = SERVER_TLS) => upgradeToTls(options, 'server', undefined);

  /** Completes a handshake with a server that has the certificate of localhost. */
  async function shakeHands(client: StreamUpgrade, ofServer = server()) {
    const [near, far] = pair();
    const serving = begin(ofServer, far);
    const dialing = begin(client, near);
    await until('the client is told', () => dialing.calls.length > 0);
    await turns(20);
    for (const { secure } of [...serving.calls, ...dialing.calls]) if (secure) ends.push(secure.on('error', () => {}));
    return { dialing: dialing.calls, serving: serving.calls };
  }

  describe('side', () => {
    it.each([
      ['client', undefined, 'client'],
      ['server', undefined, 'server'],
      ['client', 'server', 'server'],
      ['server', 'client', 'client'],
    ] as const)('of a %s by default, with %s, is %s', (byDefault, side, is) => {
      const options = { ...SERVER_TLS, ...CLIENT_TLS, ...(side && { side }) };
      expect(upgradeToTls(options, byDefault, undefined).side).toBe(is);
    });
  });

  it.each<[string, 'client' | 'server', object, RegExp]>([
    ['an invalid side', 'client', { ...CLIENT_TLS, side: 'both' }, /as both: side must be 'client' or 'server'$/],
    ['a server without a certificate', 'server', {}, /there is no key and certificate$/],
    ['a server with a key alone', 'server', { key: SERVER_TLS.key }, /there is no key and certificate$/],
    ['a server with an invalid secureContext', 'server', { secureContext: {} }, /made by tls.createSecureContext$/],
    [
      'a client with an invalid secureContext',
      'client',
      { ...CLIENT_TLS, secureContext: { context: {} } },
      /made by tls.createSecureContext$/,
    ],
    ['a server with an invalid key', 'server', { cert: SERVER_TLS.cert, key: 'nonsense' }, /^Cannot start TLS: /],
    ['a client with an invalid certificate', 'client', { ...CLIENT_TLS, cert: 'no', key: 'no' }, /^Cannot start TLS: /],
    ['an invalid version', 'client', { ...CLIENT_TLS, minVersion: 'TLSv9' }, /^Cannot start TLS: /],
    [
      'a client without a name to verify',
      'client',
      { ca },
      /^Cannot verify a TLS peer without a host: give servername$/,
    ],
  ])('throws for %s, before it changes anything', (_, side, options, message) => {
    const error = thrownBy(() => upgradeToTls(options as StartTlsOptions, side, undefined)) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
  });

  it.each<[string, StartTlsOptions]>([
    ['a servername', { ca, servername: 'localhost' }],
    ['a host', { ca, host: 'localhost' }],
    ['a check of its own', { ca, checkServerIdentity: () => undefined }],
    ['verification off', { rejectUnauthorized: false }],
  ])('works without a dialed host with %s', async (_, options) => {
    const { dialing, serving } = await shakeHands(upgradeToTls(options, 'client', undefined));
    expect([dialing.length, serving.length]).toEqual([1, 1]);
    expect(dialing[0]?.secure?.encrypted).toBe(true);
    expect(serving[0]?.secure?.encrypted).toBe(true);
  });

  it.each<[string, string | undefined, StartTlsOptions, string | false]>([
    ['the name that was dialed', 'localhost', { ca }, 'localhost'],
    ['the given one instead', 'other.example', { ca, servername: 'localhost' }, 'localhost'],
    ['an address, which is not sent', '127.0.0.1', { ca }, false],
    ['nothing when verification is off', 'other.example', { rejectUnauthorized: false }, 'other.example'],
  ])('verifies %s', async (_, host, options, told) => {
    const { dialing, serving } = await shakeHands(upgradeToTls(options, 'client', host));
    expect(dialing[0]?.error).toBeUndefined();
    expect(serving[0]?.secure?.servername).toBe(told);
  });

  it.each<[string, string | undefined, StartTlsOptions, object]>([
    ['of another name', 'other.example', { ca }, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'other.example' }],
    [
      'of a name other than the given one',
      'localhost',
      { ca, servername: 'wrong.test' },
      { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'wrong.test' },
    ],
    ['of another address', '127.0.0.9', { ca }, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: '127.0.0.9' }],
    ['that is not trusted', 'localhost', {}, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }],
  ])('refuses a certificate %s, and reports it once', async (_, host, options, failure) => {
    const { dialing } = await shakeHands(upgradeToTls(options, 'client', host));
    expect(dialing).toEqual([{ error: expect.objectContaining(failure), secure: undefined }]);
  });

  it('reports to a server, once, a peer that speaks no TLS', async () => {
    const [near, far] = pair();
    const { calls } = begin(server(), far);
    near.write('GET / HTTP/1.1\r\n\r\n');
    await until('it is reported', () => calls.length > 0);
    near.end();
    await turns(20);
    expect(calls).toEqual([{ error: expect.objectContaining({ code: expect.stringMatching(/^ERR_SSL_/) }) }]);
  });

  it('reports to a client, once, a peer that speaks no TLS', async () => {
    const [near, far] = pair();
    const { calls } = begin(upgradeToTls(CLIENT_TLS, 'client', undefined), near);
    far.once('data', () => far.end('454 not now\r\n'));
    await until('it is reported', () => calls.length > 0);
    await turns(20);
    expect(calls).toEqual([{ error: expect.objectContaining({ code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) }) }]);
  });

  describe('on a socket whose peer', () => {
    let listening: Server;
    let peer: Socket;
    let raw: Socket;

    beforeEach(async () => {
      listening = createServer({ allowHalfOpen: true });
      listening.listen(0, '127.0.0.1');
      await once(listening, 'listening');
      const { port } = listening.address() as { port: number };
      raw = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
      [[peer]] = (await Promise.all([once(listening, 'connection'), once(raw, 'connect')])) as [[Socket], unknown];
      for (const socket of [peer, raw]) ends.push(socket.on('error', () => {}));
    });

    afterEach(() => void listening.close());

    describe.each([
      ['client', CLIENT_TLS],
      ['server', SERVER_TLS],
    ] as const)('closes with a %s in the handshake,', (side, options) => {
      it.each<[string, () => void]>([
        ['with FIN', () => peer.end()],
        ['with a reset', () => peer.resetAndDestroy()],
      ])('%s, reports it once, and destroys the socket', async (_, hangUp) => {
        const { calls } = begin(upgradeToTls(options, side, undefined), raw);
        await turns(5);
        hangUp();
        await until('the socket is gone', () => calls.length > 0 && raw.destroyed);
        await turns(5);
        expect(calls).toEqual([{ error: expect.objectContaining({ code: 'ECONNRESET' }), secure: undefined }]);
      });
    });
  });
});
