// Proves that no TLS option, of any value, ends the process or is ignored: it causes a TypeError, or the handshake
// fails.
import { checkServerIdentity, connect as connectTls, createSecureContext } from 'node:tls';
import {
  type Connection,
  type ConnectOptions,
  connect,
  type ListenOptions,
  openConnection,
  type Server,
  type StartTlsOptions,
  startServer,
} from '../../src';
import { nodeTlsOptions } from '../../src/net/nodeTlsOptions';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { plainPair } from '../support/plainPair';
import { portOf } from '../support/portOf';
import { until } from '../support/until';

const host = '127.0.0.1';
const THROWN = new Error('thrown by a callback');
const throws = () => {
  throw THROWN;
};

describe('nodeTlsOptions', () => {
  it('leaves out undefined values, and passes on the others', () => {
    const given = { ...SERVER_TLS, servername: '', session: null, rejectUnauthorized: false, minDHSize: undefined };
    const options = nodeTlsOptions(given);
    expect(options).toEqual({ ...SERVER_TLS, servername: '', session: null, rejectUnauthorized: false });
    expect('minDHSize' in options).toBe(false);
  });

  it('accepts a SecureContext', () => {
    const secureContext = createSecureContext();
    expect(nodeTlsOptions({ secureContext }).secureContext).toBe(secureContext);
  });

  it.each([
    ['ALPNCallback', {}, 'a function'],
    ['checkServerIdentity', null, 'a function'],
    ['enableTrace', 1, 'a boolean'],
    ['highWaterMark', 'a', 'a number of bytes'],
    ['highWaterMark', -1, 'a number of bytes'],
    ['highWaterMark', 1.5, 'a number of bytes'],
    ['pskCallback', 'x', 'a function'],
    ['secureContext', {}, 'made by tls.createSecureContext'],
    ['secureContext', { context: {} }, 'made by tls.createSecureContext'],
    ['servername', 5, 'a string'],
    ['session', 'abc', 'bytes'],
    ['SNICallback', true, 'a function'],
  ])('throws for %s %p', (name, value, wanted) => {
    expect(() => nodeTlsOptions({ [name]: value })).toThrow(
      new TypeError(`Cannot start TLS with ${name} of type ${typeof value}: it must be ${wanted}`),
    );
  });
});

/** Values that Node refuses, some of them only when TLS starts on a socket. */
const REFUSED: [string, unknown][] = [
  ['ALPNProtocols', 42],
  ['ca', 5],
  ['checkServerIdentity', 5],
  ['ciphers', 'NOPE'],
  ['ciphers', 5],
  ['ecdhCurve', 5],
  ['enableTrace', 'x'],
  ['highWaterMark', 'a'],
  ['key', 'x'],
  ['minDHSize', -1],
  ['minDHSize', 'x'],
  ['minVersion', 'TLSv9'],
  ['pskCallback', 'x'],
  ['secureContext', {}],
  ['servername', 5],
  ['session', 'abc'],
  ['session', 5],
  ['signal', 5],
];

describe('an invalid TLS option', () => {
  let server: Server;
  let served: Connection[];

  beforeEach(async () => {
    served = [];
    server = await startServer((connection) => void served.push(connection), { host, port: 0, tls: SERVER_TLS });
    server.errors.subscribe(() => {});
  });

  afterEach(async () => {
    server.abortClients();
    await server.close();
  });

  it.each(REFUSED)('rejects openConnection, for %s %p', async (name, value) => {
    const tls = { ...CLIENT_TLS, [name]: value };
    expect(await failureOf(openConnection({ host, port: portOf(server), tls }))).toBeInstanceOf(TypeError);
    expect(served).toEqual([]);
  });

  it.each(REFUSED)('errors connect, for %s %p', async (name, value) => {
    const tls = { ...CLIENT_TLS, [name]: value };
    const error = await failureOf(
      new Promise((resolve, reject) => {
        connect({ host, port: portOf(server), tls }).subscribe({ next: resolve, error: reject });
      }),
    );
    expect(error).toBeInstanceOf(TypeError);
  });

  it.each(REFUSED)('makes startTls throw at the call or reject, for %s %p', async (name, value) => {
    const { client, server: accepted, release } = await plainPair();
    const answering = accepted.startTls(SERVER_TLS).catch(() => {});
    const starting = async () => client.startTls({ ...CLIENT_TLS, [name]: value } as StartTlsOptions);
    expect(await failureOf(starting())).toBeInstanceOf(TypeError);
    await release();
    await answering;
  });

  it.each([
    ['ALPNCallback', 5],
    ['SNICallback', 'x'],
    ['ciphers', 'NOPE'],
    ['enableTrace', 'x'],
    ['highWaterMark', 'a'],
    ['pskCallback', 'x'],
    ['sessionIdContext', 5],
    ['ticketKeys', 'x'],
  ])('rejects startServer, and makes startTls throw a TypeError, for %s %p', async (name, value) => {
    const tls = { ...SERVER_TLS, [name]: value };
    const starting = startServer(() => {}, { host, port: 0, tls } as ListenOptions);
    expect(await failureOf(starting)).toMatchObject({ message: expect.any(String) });
    const { server: accepted, release } = await plainPair();
    expect(() => accepted.startTls(tls as StartTlsOptions)).toThrow(TypeError);
    await release();
  });
});

describe('undefined TLS options', () => {
  const nothing = Object.fromEntries(
    [...REFUSED.map(([name]) => name), 'host', 'rejectUnauthorized', 'SNICallback', 'ALPNCallback', 'cert'].map(
      (name) => [name, undefined],
    ),
  );

  it('mean the defaults, on both sides', async () => {
    const server = await startServer(({ writer }) => Promise.resolve(void writer.write('secure')), {
      host,
      port: 0,
      tls: { ...nothing, ...SERVER_TLS },
    });
    const client = await openConnection({ host, port: portOf(server), tls: { ...nothing, ca: CLIENT_TLS.ca } });
    expect(`${await client.reader.readAll()}`).toBe('secure');
    await client.close();
    await server.close();
  });

  it('do not remove the name that is verified', async () => {
    const { client, server, release } = await plainPair('not-localhost.test');
    const answering = server.startTls({ ...nothing, ...SERVER_TLS }).catch(() => {});
    const error = await failureOf(client.startTls({ ...nothing, ca: CLIENT_TLS.ca }));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    await release();
    await answering;
  });
});

describe('an error in a TLS callback', () => {
  it.each([
    ['throws', throws, THROWN],
    ['throws a string', () => never('text'), 'text'],
    ['returns a string', () => 'text' as unknown as Error, 'text'],
  ])('fails the handshake of a client, where checkServerIdentity %s', async (_, check, reason) => {
    const server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    server.errors.subscribe(() => {});
    const tls = { ...CLIENT_TLS, checkServerIdentity: check };
    const error = await failureOf(openConnection({ host, port: portOf(server), tls }));
    if (reason === THROWN) expect(error).toBe(THROWN);
    else expect(error).toMatchObject({ message: `Cannot finish the TLS handshake: a callback refused with ${reason}` });
    server.abortClients();
    await server.close();
  });

  it('does not occur in a checkServerIdentity that accepts the certificate', async () => {
    const server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    const asked: string[] = [];
    const tls: ConnectOptions['tls'] = {
      ...CLIENT_TLS,
      checkServerIdentity: (name, certificate) => {
        asked.push(name);
        return checkServerIdentity(name, certificate);
      },
    };
    const client = await openConnection({ host, port: portOf(server), tls });
    expect(asked).toEqual(['localhost']);
    client.destroy();
    await client.closed;
    server.abortClients();
    await server.close();
  });

  it.each<[string, () => unknown]>([
    ['', throws],
    [' and rejects', async () => throws()],
  ])('fails the handshake of a server, which reports it, where it is SNICallback%s', async (_, callback) => {
    const failures: unknown[] = [];
    const tls = { ...SERVER_TLS, SNICallback: callback as () => void };
    const server = await startServer(() => {}, { host, port: 0, tls });
    server.errors.subscribe(({ error }) => failures.push(error));
    const client = connectTls({ host, port: portOf(server), ...CLIENT_TLS }).on('error', () => {});
    await until('it is reported', () => failures.length === 1);
    expect(failures).toEqual([THROWN]);
    client.destroy();
    server.abortClients();
    await server.close();
  });
});

function never(thrown: unknown): never {
  throw thrown;
}
