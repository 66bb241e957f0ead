// Proves which failures of single connections a server reports, where, and how often.
import { connect as rawConnect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectionOptions as TlsClientOptions, connect as tlsConnect } from 'node:tls';
import { EMPTY, firstValueFrom, identity, map, of, throwError } from 'rxjs';
import {
  type Connection,
  type ConnectionHandler,
  connectionPair,
  type ListenOptions,
  lines,
  openConnection,
  readExactly,
  type Server,
  type ServerFailure,
  startServer,
  writeTo,
} from '../../src';
import { Failures } from '../../src/net/Failures';
import { SERVER_TLS } from '../support/certificates';
import { knock } from '../support/knock';
import { portOf } from '../support/portOf';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

/** The first example of README.md. */
const echo: ConnectionHandler = ({ reader, writer }) =>
  reader.pipe(
    lines(),
    map((line) => `${line.toUpperCase()}\n`),
    writeTo(writer),
  );

const loop: ConnectionHandler = async ({ reader, writer }) => {
  for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
    writer.write(line);
    await writer.drain();
  }
};

/** Reads a line, and the next one whatever the result of the first. */
const laterValue: ConnectionHandler = async ({ reader }) => {
  await reader.readLine();
  await firstValueFrom(reader.pipe(lines()));
};

const block: ConnectionHandler = async ({ reader }) => void (await reader.readExactly(4));

const CUT = { code: 'ERR_INCOMPLETE_READ' };

/** Reads a connection without a server that was ended on this side. */
function readEnded(end: (other: Connection) => void): Promise<unknown> {
  const [other, peer] = connectionPair();
  peer.writer.write('x');
  const read = other.reader.readExactly(4);
  end(other);
  return read.finally(() => peer.destroy());
}

describe('Failures of a server', () => {
  let server: Server;
  let failures: ServerFailure[];
  let accepted: Connection[];
  const sockets: Socket[] = [];

  async function serve(handler: ConnectionHandler, options: Partial<ListenOptions> = {}): Promise<void> {
    failures = [];
    accepted = [];
    const recorded: ConnectionHandler = (connection) => {
      accepted.push(connection);
      return handler(connection);
    };
    server = await startServer(recorded, { host, port: 0, ...options });
    server.errors.subscribe((failure) => failures.push(failure));
  }

  /** A socket of Node's, connected to the server. */
  function dial(): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = rawConnect(portOf(server), host, () => resolve(socket));
      sockets.push(socket.on('error', () => {}));
      socket.resume();
    });
  }

  function dialTls(options: TlsClientOptions = {}): Socket {
    const socket = tlsConnect({ host, port: portOf(server), rejectUnauthorized: false, ...options });
    sockets.push(socket.on('error', () => {}));
    return socket.resume();
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.abortClients();
    await server?.close();
  });

  /** Sockets that are in a handshake, once the server has accepted one. */
  async function shaking(): Promise<Socket> {
    const { sockets } = (server as unknown as { tls: { sockets: Set<Socket> } }).tls;
    await until('it is accepted', () => sockets.size > 0);
    return [...sockets][0] as Socket;
  }

  const reported = () => until('it is reported', () => failures.length > 0);

  describe('name their origin', () => {
    it('for a handler that fails: its connection', async () => {
      const error = new Error('failed');
      await serve(() => throwError(() => error));
      const { localPort } = await dial();
      await reported();
      expect(failures).toEqual([
        {
          error,
          connection: accepted[0],
          remoteAddress: host,
          remotePort: localPort,
          stage: 'handler',
          probe: false,
        },
      ]);
    });

    it('for a handshake that fails: the address of the peer, also when it has left', async () => {
      await serve(() => {}, { tls: SERVER_TLS });
      const socket = await dial();
      await shaking();
      const { localPort } = socket;
      socket.resetAndDestroy();
      await reported();
      expect(failures).toMatchObject([
        { error: { code: 'ECONNRESET' }, remoteAddress: host, remotePort: localPort, stage: 'handshake', probe: true },
      ]);
    });

    it('for a connection that the system could not accept', async () => {
      await serve(() => {});
      const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
      (server as unknown as { nets: NodeJS.EventEmitter[] }).nets[0]!.emit('error', error);
      expect(failures).toEqual([
        { error, remoteAddress: undefined, remotePort: undefined, stage: 'accept', probe: false },
      ]);
    });

    it('on a Unix socket: no address', async () => {
      const paths = socketPaths();
      failures = [];
      server = await startServer(() => Promise.reject(new Error('failed')), { path: paths.path('a.sock') });
      server.errors.subscribe((failure) => failures.push(failure));
      const client = await openConnection({ path: paths.path('a.sock') });
      await reported();
      expect(failures).toMatchObject([{ remoteAddress: undefined, remotePort: undefined, stage: 'handler' }]);
      client.destroy();
      await server.close();
      paths.remove();
    });
  });

  describe('mark as probes peers that connected, sent nothing and left', () => {
    it.each<[string, ConnectionHandler, 'end' | 'resetAndDestroy']>([
      ['a reset, an Observable', echo, 'resetAndDestroy'],
      ['a reset, a promise', loop, 'resetAndDestroy'],
      ['a reset, a block', block, 'resetAndDestroy'],
      ['FIN, a block', block, 'end'],
      ['FIN, a value that never arrives', ({ reader }) => firstValueFrom(reader.pipe(lines())), 'end'],
    ])('%s', async (_, handler, leave) => {
      await serve(handler);
      const socket = await dial();
      // Not every system reports a connection that is reset before it is accepted.
      await until('it is accepted', () => accepted.length > 0);
      socket[leave]();
      await reported();
      expect(failures).toMatchObject([{ connection: accepted[0], stage: 'handler', probe: true }]);
    });

    it.each(['end', 'resetAndDestroy'] as const)('%s before a TLS handshake', async (leave) => {
      await serve(() => {}, { tls: SERVER_TLS });
      const socket = await dial();
      await shaking();
      socket[leave]();
      await reported();
      expect(failures).toMatchObject([{ stage: 'handshake', probe: true }]);
    });

    it('a reset after a TLS handshake', async () => {
      await serve(loop, { tls: SERVER_TLS, handshakeTimeout: 0 });
      const raw = await dial();
      raw.pause();
      const secure = tlsConnect({ socket: raw, rejectUnauthorized: false });
      secure.on('error', () => {});
      await until('it is accepted', () => accepted.length > 0);
      raw.resetAndDestroy();
      await reported();
      expect(failures).toMatchObject([{ connection: accepted[0], stage: 'handler', probe: true }]);
    });
  });

  describe('do not mark as a probe', () => {
    it('a peer that has sent bytes', async () => {
      await serve(block);
      const socket = await dial();
      socket.end('x');
      await reported();
      expect(failures).toMatchObject([{ error: { code: 'ERR_INCOMPLETE_READ' }, probe: false }]);
    });

    it('a peer that has sent bytes that nobody has read', async () => {
      let release = () => {};
      await serve(({ reader }) => {
        release = reader.pause();
        return reader.readLine();
      });
      const socket = await dial();
      socket.write('x');
      await until('it has arrived', () => accepted[0]?.bytesRead === 1);
      socket.resetAndDestroy();
      await accepted[0]!.closed;
      release();
      await reported();
      expect(failures).toMatchObject([{ error: { code: 'ECONNRESET' }, probe: false }]);
    });

    it('a peer that is still connected', async () => {
      await serve(() => Promise.reject(new Error('failed')));
      await dial();
      await reported();
      expect(failures).toMatchObject([{ probe: false }]);
    });

    it('a peer that was silent for too long', async () => {
      await serve(block, { idleTimeout: 10 });
      await dial();
      await reported();
      expect(failures).toMatchObject([{ error: { what: 'idle' }, probe: false }]);
    });

    it('a peer that sent half a handshake', async () => {
      await serve(() => {}, { tls: SERVER_TLS });
      const socket = await dial();
      socket.write(Buffer.from('160301', 'hex'));
      const raw = await shaking();
      await until('it has arrived', () => raw.bytesRead === 3);
      socket.resetAndDestroy();
      await reported();
      expect(failures).toMatchObject([{ stage: 'handshake', probe: false }]);
    });

    it('a client that leaves in the middle of a STARTTLS handshake', async () => {
      await serve((connection) => connection.startTls(SERVER_TLS));
      const socket = await dial();
      socket.write(Buffer.from('160301', 'hex'));
      await until('it is accepted', () => accepted.length > 0);
      const raw = accepted[0]!.writer.getExtraInfo('socket') as Socket;
      await until('it has arrived', () => raw.bytesRead === 3);
      socket.resetAndDestroy();
      await reported();
      expect(failures).toMatchObject([{ stage: 'handler', probe: false }]);
    });
  });

  describe('leave out errors that follow from an end on this side', () => {
    const endings: [string, (connection: Connection) => void][] = [
      ['reset()', (connection) => connection.reset()],
      ['destroy()', (connection) => connection.destroy()],
      ['destroy(error)', (connection) => connection.destroy(new Error('enough'))],
      ['close()', (connection) => void connection.close()],
      ['server.closeClients()', () => server.closeClients()],
      ['server.abortClients()', () => server.abortClients()],
    ];
    const handlers: [string, ConnectionHandler][] = [
      ['an Observable', echo],
      ['a promise', loop],
      ['a block', block],
      ['a single value', ({ reader }) => firstValueFrom(reader.pipe(lines()))],
      [
        'an error around the cause',
        async ({ reader }) => {
          await reader.readExactly(4).catch((cause) => {
            throw new Error('no request', { cause });
          });
        },
      ],
      ['a single value that is awaited later', laterValue],
      ['a block behind an operator', ({ reader }) => reader.pipe(map(identity), readExactly(4))],
      ['a value behind an operator', ({ reader }) => firstValueFrom(reader.pipe(map(identity), lines()))],
      ['a wait with its signal', ({ signal }) => wait(60_000, undefined, { signal })],
      [
        'a signal',
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ],
    ];
    it("close() behind the peer's FIN", async () => {
      await serve(async (connection) => {
        await connection.reader.readAll();
        void connection.close();
        connection.writer.write('too late');
      });
      const client = await openConnection({ host, port: portOf(server) });
      client.writer.write('hello');
      client.writer.writeEof();
      await client.reader.readAll();
      await server.close();
      expect(failures).toEqual([]);
      client.destroy();
    });

    it.each(endings.flatMap(([how, end]) => handlers.map(([what, handler]) => [how, what, end, handler] as const)))(
      '%s while %s waits',
      async (_how, _what, end, handler) => {
        await serve(handler);
        const socket = await dial();
        socket.write('x');
        await until('it has arrived', () => accepted[0]?.bytesRead === 1);
        end(accepted[0]!);
        socket.end();
        await accepted[0]!.closed;
        await turns(3);
        expect(failures.map(({ error }) => error)).toEqual([]);
      },
    );

    it('abortClients() in the middle of a TLS handshake', async () => {
      await serve(() => {}, { tls: SERVER_TLS });
      const socket = await dial();
      await shaking();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      server.abortClients();
      await closed;
      await turns(3);
      expect(failures).toEqual([]);
    });
  });

  describe('still include', () => {
    it('an error that a handler throws after it reset its connection', async () => {
      const error = new Error('no reply');
      await serve(async (connection) => {
        connection.reset();
        throw error;
      });
      void dial();
      await reported();
      expect(failures).toMatchObject([{ error, probe: false }]);
    });

    it.each<[string, (connection: Connection) => void, object]>([
      [
        'a source of the writer',
        ({ writer }) => throwError(() => new Error('source')).subscribe(writer),
        { message: 'source' },
      ],
      [
        'a queue that is full',
        ({ writer }) => of('12345', '67890', 'x').subscribe(writer),
        { code: 'ERR_BUFFER_OVERFLOW' },
      ],
    ])('%s, which aborts', async (_, act, cause) => {
      await serve(
        (connection) => {
          act(connection);
          return connection.reader.readLine();
        },
        { maxQueued: 10 },
      );
      await dial();
      await reported();
      expect(failures).toMatchObject([{ error: { code: 'ERR_CONNECTION_CLOSED', cause } }]);
    });

    it.each<[string, () => unknown, object]>([
      ['an unrelated EmptyError', () => firstValueFrom(EMPTY), { name: 'EmptyError' }],
      ['the end of another connection', () => readEnded((other) => other.destroy()), { code: 'ERR_CONNECTION_CLOSED' }],
      ['a frame that is cut on another connection', () => readEnded((other) => void other.close()), CUT],
      [
        'a writer of another connection',
        async () => {
          const [other] = connectionPair();
          other.destroy();
          other.writer.write('x');
        },
        { code: 'ERR_CONNECTION_CLOSED' },
      ],
      ['an unrelated AbortError', () => wait(1, undefined, { signal: AbortSignal.abort() }), { name: 'AbortError' }],
    ])('%s, after a handler has closed its connection', async (_, act, error) => {
      await serve(async (connection) => {
        void connection.close();
        await act();
      });
      await dial();
      await reported();
      expect(failures).toMatchObject([{ error, connection: accepted[0] }]);
    });

    it('a frame that the peer cuts off after our FIN', async () => {
      await serve(async ({ reader, writer }) => {
        writer.writeEof();
        await reader.readExactly(4);
      });
      const socket = await dial();
      socket.end('x');
      await reported();
      expect(failures).toMatchObject([{ error: { code: 'ERR_INCOMPLETE_READ' } }]);
    });
  });

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('of a client certificate, with %s', (version) => {
    const tls = {
      ...SERVER_TLS,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    };

    it('give the reason why it is refused', async () => {
      await serve(() => {}, { tls });
      dialTls(SERVER_TLS);
      await reported();
      const code = 'DEPTH_ZERO_SELF_SIGNED_CERT';
      expect(failures).toMatchObject([
        {
          error: { code, message: expect.stringContaining(code) },
          remoteAddress: host,
          stage: 'handshake',
          probe: false,
        },
      ]);
    });

    it('say that it is missing', async () => {
      await serve(() => {}, { tls });
      dialTls();
      await reported();
      const code = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';
      expect(failures).toMatchObject([{ error: { code }, stage: 'handshake', probe: false }]);
    });

    it('give the reason why it is refused with STARTTLS', async () => {
      await serve((connection) => connection.startTls(tls));
      const socket = await dial();
      tlsConnect({ socket, rejectUnauthorized: false, ...SERVER_TLS }).on('error', () => {});
      await reported();
      const code = 'DEPTH_ZERO_SELF_SIGNED_CERT';
      expect(failures).toMatchObject([
        { error: { code, message: expect.stringContaining(code) }, connection: accepted[0], stage: 'handler' },
      ]);
    });
  });
});

describe('Failures without a subscriber', () => {
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(`${text}`));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  /** 100 checks at once, half of them with a reset. */
  const knocks = (port: number) =>
    Promise.all(Array.from({ length: 100 }, (_, i) => knock(port, i % 2 === 0 ? 'end' : 'resetAndDestroy')));

  it.each<[string, ConnectionHandler]>([
    ['an Observable', echo],
    ['a promise', loop],
    ['a block', block],
    ['nothing', ({ reader, writer }) => void reader.subscribe(writer)],
  ])('cause no warning for 500 health checks: a handler that returns %s', async (_, handler) => {
    let served = 0;
    const server = await startServer(
      (connection) => {
        served++;
        return handler(connection);
      },
      { host, port: 0 },
    );
    for (let i = 0; i < 5; i++) await knocks(portOf(server));
    await server.close();
    expect(served).toBeGreaterThanOrEqual(250);
    expect(warnings).toEqual([]);
  });

  it('cause no warning for a health check of a TLS port', async () => {
    const server = await startServer(echo, { host, port: 0, tls: SERVER_TLS });
    await knocks(portOf(server));
    await turns(20);
    await server.close();
    expect(warnings).toEqual([]);
  });

  const fail = (failures: Failures, count: number) => {
    for (let i = 1; i <= count; i++) failures.ofAccept(new Error(`accept ${i}`));
  };

  it('cause a warning at once, then one per minute with the number of others and the last one', () => {
    jest.useFakeTimers();
    const failures = new Failures();
    fail(failures, 3000);
    expect(warnings).toEqual(['A connection was not accepted: accept 1']);
    jest.advanceTimersByTime(59_999);
    expect(warnings).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(warnings.slice(1)).toEqual([
      '2999 more connections failed, and nobody listens to errors; the last: A connection was not accepted: accept 3000',
    ]);
    fail(failures, 2);
    expect(warnings).toHaveLength(2);
    jest.advanceTimersByTime(60_000);
    expect(warnings[2]).toMatch(/^2 more connections failed/);
    jest.advanceTimersByTime(60_000);
    expect(jest.getTimerCount()).toBe(0);
    fail(failures, 1);
    expect(warnings.slice(3)).toEqual(['A connection was not accepted: accept 1']);
    failures.complete();
  });

  it('warn at the end of the failures not yet reported, and leave no timer', () => {
    jest.useFakeTimers();
    const failures = new Failures();
    fail(failures, 2);
    failures.complete();
    expect(warnings[1]).toBe('A connection was not accepted: accept 2');
    expect(warnings).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not keep a process alive', () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const failures = new Failures();
    fail(failures, 1);
    expect(set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
    failures.complete();
  });

  it.each<[string, unknown, string]>([
    ['a long text', new Error('x'.repeat(10_000)), `${'x'.repeat(500)}…`],
    ['a string', 'broken', 'broken'],
    ['an object without a text', Object.create(null), '[Object: null prototype] {}'],
    ['nothing', undefined, 'undefined'],
  ])('describe %s in a short warning', (_, error, text) => {
    const failures = new Failures();
    failures.ofAccept(error);
    failures.complete();
    expect(warnings).toEqual([`A connection was not accepted: ${text}`]);
  });
});
