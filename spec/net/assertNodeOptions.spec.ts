// Proves that options that can't work are refused at the call, and that the others reach Node.
import net, { Socket } from 'node:net';
import { connect, connectionPair, listen, openConnection, type Server, startServer } from '../../src';
import { assertNodeOptions } from '../../src/net/assertNodeOptions';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { portOf } from '../support/portOf';
import { thrownBy } from '../support/thrownBy';

const host = '127.0.0.1';
const here = { host, port: 1 };

/** All functions that take options of one kind; none of them starts anything. */
const dialing: [string, (options: object) => unknown][] = [
  ['connect', (options) => connect({ ...here, ...options })],
  ['openConnection', (options) => openConnection({ ...here, ...options })],
];
const listening: [string, (options: object) => unknown][] = [
  ['listen', (options) => listen({ port: 0, ...options })],
  ['startServer', (options) => startServer(() => {}, { port: 0, ...options })],
];

function refusal(call: (options: object) => unknown, options: object): string {
  const error = thrownBy(() => call(options));
  expect(error).toBeInstanceOf(TypeError);
  return (error as Error).message;
}

describe('assertNodeOptions', () => {
  it('names the option, and the alternative', () => {
    expect(thrownBy(() => assertNodeOptions('connect', { timeout: 5 }, { timeout: 'use idleTimeout' }))).toEqual(
      new TypeError('Cannot connect with the option timeout: use idleTimeout'),
    );
  });

  it('accepts undefined', () => {
    const nothing = { timeout: undefined, keepAlive: undefined, noDelay: undefined, keepAliveInitialDelay: undefined };
    expect(() => assertNodeOptions('connect', nothing, { timeout: 'use idleTimeout' })).not.toThrow();
  });
});

describe.each(dialing)('%s throws', (_, call) => {
  it.each<[string, object, RegExp]>([
    ['timeout', { timeout: 50 }, /timeout: use connectTimeout or idleTimeout/],
    ['onread', { onread: { buffer: Buffer.alloc(10), callback: () => true } }, /onread: .*reader/],
    ['allowHalfOpen', { allowHalfOpen: false }, /allowHalfOpen: .*halfOpen/],
    ['readable', { readable: false }, /readable/],
    ['writable', { writable: false }, /writable/],
    ['fd', { fd: 3 }, /fd: .*socket/],
    ['timeout of TLS', { tls: { timeout: 50 } }, /timeout: use connectTimeout or idleTimeout/],
    ['onread of TLS', { tls: { onread: {} } }, /onread/],
    ['socket of TLS', { tls: { socket: new Socket() } }, /socket/],
    ['an invalid noDelay', { noDelay: 1 }, /Cannot use 1 as noDelay: it must be true or false/],
    ['an invalid keepAlive', { keepAlive: 'yes' }, /Cannot use yes as keepAlive/],
    ['an invalid delay', { keepAliveInitialDelay: '30' }, /keepAliveInitialDelay/],
    ['a controller for its signal', { signal: new AbortController() }, /an AbortController as signal: .*AbortSignal/],
    ['an invalid signal', { signal: {} }, /a value of type object as signal/],
    ['a null signal', { signal: null }, /null as signal/],
  ])('%s', (_name, options, message) => expect(refusal(call, options)).toMatch(message));
});

describe.each(listening)('%s throws', (_, call) => {
  it.each<[string, object, RegExp]>([
    ['timeout', { timeout: 50 }, /timeout: use idleTimeout.*handshakeTimeout/],
    ['onread', { onread: {} }, /onread: .*reader/],
    ['allowHalfOpen', { allowHalfOpen: false }, /allowHalfOpen/],
    ['pauseOnConnect', { pauseOnConnect: false }, /pauseOnConnect/],
    [
      'handshakeTimeout of TLS',
      { tls: { ...SERVER_TLS, handshakeTimeout: 1 } },
      /handshakeTimeout: give it beside tls/,
    ],
    ['allowHalfOpen of TLS', { tls: { ...SERVER_TLS, allowHalfOpen: true } }, /allowHalfOpen/],
    ['pauseOnConnect of TLS', { tls: { ...SERVER_TLS, pauseOnConnect: true } }, /pauseOnConnect/],
    ['an invalid noDelay', { noDelay: 1 }, /Cannot use 1 as noDelay/],
    ['an invalid keepAlive', { keepAlive: 'yes' }, /Cannot use yes as keepAlive/],
    ['an invalid delay', { keepAliveInitialDelay: '30' }, /keepAliveInitialDelay/],
    ['a controller for its signal', { signal: new AbortController() }, /AbortSignal/],
  ])('%s', (_name, options, message) => expect(refusal(call, options)).toMatch(message));
});

describe('invalid signals throw at the call', () => {
  const signal = new AbortController() as unknown as AbortSignal;

  it('of reads and of waits of a writer, also when there is nothing to wait for', () => {
    const [{ reader, writer }] = connectionPair();
    for (const call of [
      () => reader.readLine({ signal }),
      () => reader.read(0, { signal }),
      () => writer.drain({ signal }),
      () => writer.flush({ signal }),
    ])
      expect(refusal(call, {})).toMatch(/an AbortController as signal/);
    writer.error(new Error('done'));
  });

  it('of serveForever(), which leaves the server as it was', async () => {
    const server = await startServer(() => {}, { host, port: 0 });
    const before = process.listenerCount('SIGTERM');
    expect(refusal(() => server.serveForever({ signal }), {})).toMatch(/an AbortController as signal/);
    expect(process.listenerCount('SIGTERM')).toBe(before);
    await server.close();
  });
});

describe('options for Node', () => {
  let server: Server;
  afterEach(() => server.close({ timeout: 1 }));

  /** The options that Node's server received. */
  const told = () => (server as unknown as { nets: Record<string, unknown>[] }).nets[0];

  it.each([undefined, SERVER_TLS])('of a server are passed on, with TLS %#', async (tls) => {
    const options = { noDelay: false, keepAlive: true, keepAliveInitialDelay: 30_000 };
    server = await startServer(() => {}, { host, port: 0, tls, ...options });
    expect(told()).toMatchObject({ noDelay: false, keepAlive: true, keepAliveInitialDelay: 30 });
  });

  it('default when they are undefined', async () => {
    const dialed = jest.spyOn(net, 'connect');
    server = await startServer(() => {}, { host, port: 0, noDelay: undefined });
    expect(told()).toMatchObject({ noDelay: true });
    const client = await openConnection({ host, port: portOf(server), noDelay: undefined });
    expect(dialed.mock.calls).toMatchObject([[{ noDelay: true }]]);
    client.destroy();
    dialed.mockRestore();
  });

  it('of TLS default when they are undefined: the dialed name is sent and verified', async () => {
    const names: unknown[] = [];
    const SNICallback = (name: string, done: (error: null) => void) => {
      names.push(name);
      done(null);
    };
    server = await startServer(() => {}, { host, port: 0, tls: { ...SERVER_TLS, SNICallback, ca: undefined } });
    const { ca } = CLIENT_TLS;
    const unset = { servername: undefined, host: undefined, checkServerIdentity: undefined };
    const tls = { ca, ...unset } as object;
    const client = await openConnection({ host: 'localhost', port: portOf(server), family: 4, tls });
    expect(names).toEqual(['localhost']);
    client.destroy();
  });
});
