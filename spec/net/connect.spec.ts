// Proves that a connection lives as long as its subscription, and what it emits, completes and errors with.
import {
  catchError,
  firstValueFrom,
  lastValueFrom,
  map,
  mergeMap,
  of,
  repeat,
  retry,
  type Subscription,
  switchMap,
  take,
  tap,
  toArray,
} from 'rxjs';
import {
  backoff,
  type Connection,
  ConnectionClosedError,
  concatMapPausing,
  connect,
  lines,
  type Server,
  startServer,
  writeTo,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { deadPort } from '../support/deadPort';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { rawServer } from '../support/rawServer';
import { record } from '../support/record';
import { socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

interface Dialed {
  seen: (Connection | string)[];
  connection: Connection;
  error?: unknown;
  subscription: Subscription;
}

/** Subscribes and records all notifications. */
function dial(options: Parameters<typeof connect>[0]): Dialed {
  const dialed = { seen: [] } as unknown as Dialed;
  dialed.subscription = connect(options).subscribe({
    next: (connection) => {
      dialed.connection = connection;
      dialed.seen.push('connection');
    },
    error: (error) => {
      dialed.error = error;
      dialed.seen.push('error');
    },
    complete: () => dialed.seen.push('|'),
  });
  return dialed;
}

/** A look-up that always finds these addresses. */
function lookupOf(...found: { address: string; family: number }[]): never {
  const lookup = (_host: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) => {
    if (options.all) done(null, found);
    else done(null, found[0]!.address, found[0]!.family);
  };
  return lookup as never;
}

describe('connect', () => {
  let server: Server;
  let accepted: Connection[];

  beforeEach(async () => {
    accepted = [];
    server = await startServer((connection) => void accepted.push(connection), { host, port: 0 });
  });

  afterEach(async () => {
    server.abortClients();
    await server.close();
  });

  it('does nothing before it is subscribed', async () => {
    connect({ host, port: portOf(server) });
    await turns(10);
    expect(accepted).toHaveLength(0);
  });

  it('emits once, stays open, and closes when it is unsubscribed', async () => {
    const dialed = dial({ host, port: portOf(server) });
    await until('it is connected and accepted', () => dialed.seen.length > 0 && accepted.length > 0);
    await turns(5);
    expect(dialed.seen).toEqual(['connection']);
    const reading = failureOf(dialed.connection.reader.readLine());
    dialed.connection.writer.write(Buffer.alloc(8 * 1024 * 1024));
    const draining = failureOf(dialed.connection.writer.drain());
    dialed.subscription.unsubscribe();
    expect(await reading).toBeInstanceOf(ConnectionClosedError);
    expect(await draining).toBeInstanceOf(ConnectionClosedError);
    expect(await dialed.connection.closed).toEqual({ by: 'local' });
    await accepted[0]!.reader.readAll().catch(() => {});
    expect(dialed.seen).toEqual(['connection']);
  });

  it('dials anew for each subscription', async () => {
    const source = connect({ host, port: portOf(server) });
    const [one, other] = [source.subscribe(), source.subscribe()];
    await until('both are accepted', () => accepted.length === 2);
    one.unsubscribe();
    other.unsubscribe();
  });

  it('completes when the connection is closed', async () => {
    const dialed = dial({ host, port: portOf(server) });
    await until('it is accepted', () => accepted.length > 0 && dialed.seen.length > 0);
    accepted[0]!.reader.subscribe({ complete: () => accepted[0]!.writer.close() });
    await dialed.connection.close();
    expect(dialed.seen).toEqual(['connection', '|']);
  });

  it.each([
    ['completes when it is destroyed', undefined, '|'],
    ['errors when it is destroyed with a reason', new Error('why'), 'error'],
  ])('%s', async (_, reason, outcome) => {
    const dialed = dial({ host, port: portOf(server) });
    await until('it is connected', () => dialed.seen.length > 0);
    dialed.connection.destroy(reason);
    await dialed.connection.closed;
    expect(dialed.seen).toEqual(['connection', outcome]);
    expect(dialed.error).toBe(reason);
  });

  it('errors with the system error when the connection breaks', async () => {
    const dialed = dial({ host, port: portOf(server) });
    await until('it is connected and accepted', () => dialed.seen.length > 0 && accepted.length > 0);
    accepted[0]!.reset();
    const { error } = await dialed.connection.closed;
    expect(dialed.seen).toEqual(['connection', 'error']);
    expect(dialed.error).toBe(error);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  describe('when the peer has ended', () => {
    async function ended(options: object = {}): Promise<Dialed> {
      const dialed = dial({ host, port: portOf(server), ...options });
      await until('it is connected and accepted', () => dialed.seen.length > 0 && accepted.length > 0);
      accepted[0]!.writer.write('a\nb');
      accepted[0]!.writer.writeEof();
      await until('all has arrived', () => dialed.connection.bytesRead === 3);
      await turns(5);
      return dialed;
    }

    it('stays open until everything is read, then sends FIN and completes', async () => {
      const { connection, seen } = await ended();
      expect(seen).toEqual(['connection']);
      expect(`${await connection.reader.readLine()}`).toBe('a\n');
      await turns(5);
      expect(seen).toEqual(['connection']);
      expect(connection.writer.write('answer')).toBe(true);
      expect(`${await connection.reader.readLine()}`).toBe('b');
      // Code that awaited the last read still runs.
      expect(connection.writer.write(' to the last')).toBe(true);
      expect(`${await accepted[0]!.reader.readAll()}`).toBe('answer to the last');
      expect(await connection.closed).toEqual({ by: 'peer' });
      expect(seen).toEqual(['connection', '|']);
    });

    it('flushes queued bytes before FIN', async () => {
      const { connection, seen } = await ended();
      const sent = Buffer.alloc(3 * 1024 * 1024, 'abc');
      connection.writer.write(sent);
      await connection.reader.readAll();
      expect((await accepted[0]!.reader.readAll()).equals(sent)).toBe(true);
      await connection.closed;
      expect(seen).toEqual(['connection', '|']);
    });

    it('stays open with halfOpen: true', async () => {
      const { connection, seen, subscription } = await ended({ halfOpen: true });
      await connection.reader.readAll();
      await turns(10);
      expect(connection.writer.write('still here')).toBe(true);
      expect(`${await accepted[0]!.reader.readExactly(10)}`).toBe('still here');
      expect(seen).toEqual(['connection']);
      subscription.unsubscribe();
    });
  });

  it('composes with RxJS: reads in a pipe, and closes when the pipe is done', async () => {
    const received = firstValueFrom(
      connect({ host, port: portOf(server) }).pipe(
        switchMap(({ reader }) => reader.pipe(lines())),
        take(2),
        toArray(),
      ),
    );
    await until('it is accepted', () => accepted.length > 0);
    accepted[0]!.writer.write('a\nb\nc\n');
    expect(await received).toEqual(['a', 'b']);
    expect(await accepted[0]!.reader.readAll().catch(() => 'broken')).toHaveLength(0);
  });

  it('dials again with retry', async () => {
    let dialed = 0;
    const port = portOf(server);
    const lines$ = connect({ host, port }).pipe(
      tap(() => dialed++),
      switchMap(({ reader }) => reader.pipe(lines())),
      retry(2),
    );
    const { seen } = record(lines$);
    for (let i = 1; i <= 3; i++) {
      await until('it is accepted', () => accepted.length === i);
      accepted[i - 1]!.writer.write(`${i}\n`);
      await until('the line has come', () => seen.length === i);
      accepted[i - 1]!.reset();
    }
    await until('it gives up', () => seen.length === 4);
    expect(dialed).toBe(3);
    expect(seen).toEqual(['1', '2', '3', '# read ECONNRESET']);
  });

  it('dials again with repeat, with a separate connection each time', async () => {
    const ports = new Set<number | undefined>();
    const { seen } = record(
      connect({ host, port: portOf(server) }).pipe(
        tap(({ localPort }) => ports.add(localPort)),
        switchMap(({ reader }) => reader.pipe(lines())),
        repeat({ count: 4, delay: backoff({ initial: 1 }) }),
      ),
    );
    for (let i = 1; i <= 4; i++) {
      await until('it is accepted', () => accepted.length === i);
      accepted[i - 1]!.writer.write(`${i}\n`);
      accepted[i - 1]!.writer.close();
    }
    await until('it completes', () => seen.includes('|'));
    expect(seen).toEqual(['1', '2', '3', '4', '|']);
    expect(ports.size).toBe(4);
  });

  describe('errors with', () => {
    it('ECONNREFUSED, untouched', async () => {
      const port = await deadPort();
      const error = await failureOf(firstValueFrom(connect({ host, port })));
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: host, port });
    });

    it('ENOENT of a Unix path, untouched', async () => {
      const paths = socketPaths();
      const path = paths.path('none.sock');
      expect(await failureOf(firstValueFrom(connect({ path })))).toMatchObject({ code: 'ENOENT', address: path });
      paths.remove();
    });

    it('the error of the name look-up, untouched', async () => {
      const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND no.such'), {
        code: 'ENOTFOUND',
        hostname: 'no.such',
      });
      const lookup = ((_name: string, _options: object, done: (error: Error) => void) => done(notFound)) as never;
      expect(await failureOf(firstValueFrom(connect({ host: 'no.such', port: 1, lookup })))).toBe(notFound);
    });

    it('the error that net.connect throws, untouched', async () => {
      const error = await failureOf(firstValueFrom(connect({ host, port: 1, localAddress: 'nonsense' })));
      expect(error).toMatchObject({ code: 'ERR_INVALID_IP_ADDRESS' });
    });

    it('one AggregateError when several addresses fail', async () => {
      const lookup = lookupOf({ address: '::1', family: 6 }, { address: host, family: 4 });
      const dialing = connect({ host: 'two.example', port: await deadPort(), lookup });
      const error = (await failureOf(firstValueFrom(dialing))) as AggregateError & NodeJS.ErrnoException;
      expect(error.name).toBe('AggregateError');
      expect(error.code).toMatch(/^E[A-Z]+$/);
      expect(error.errors.map(({ address }) => address)).toEqual(['::1', host]);
    });
  });

  it('uses the address that answers when another one fails (happy eyeballs)', async () => {
    const lookup = lookupOf({ address: '::1', family: 6 }, { address: host, family: 4 });
    const connection = firstValueFrom(
      connect({ host: 'two.example', port: portOf(server), lookup }).pipe(
        switchMap(({ reader, remoteAddress }) =>
          reader.pipe(
            lines(),
            map((line) => [remoteAddress, line]),
          ),
        ),
      ),
    );
    await until('it is accepted', () => accepted.length > 0);
    accepted[0]!.writer.write('here\n');
    expect(await connection).toEqual([host, 'here']);
  });

  describe('connectTimeout', () => {
    it('bounds the TLS handshake', async () => {
      const { port, sockets, close } = await rawServer((socket) => void socket.resume());
      const error = await failureOf(firstValueFrom(connect({ host, port, tls: true, connectTimeout: 30 })));
      expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'connect', timeout: 30 });
      await until('the socket is gone', () => sockets[0]!.readableEnded);
      await close();
    });

    it('bounds the name look-up', async () => {
      const lookup = (() => {}) as never;
      const error = await failureOf(
        firstValueFrom(connect({ host: 'slow.test', port: 1, lookup, connectTimeout: 10 })),
      );
      expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'connect', timeout: 10 });
    });

    it('does not apply once the connection is open', async () => {
      const dialed = dial({ host, port: portOf(server), connectTimeout: 300 });
      await until('it is connected', () => dialed.seen.length > 0);
      await failureOf(dialed.connection.reader.readLine({ timeout: 350 }));
      expect(dialed.seen).toEqual(['connection']);
      dialed.subscription.unsubscribe();
    });
  });

  describe('signal', () => {
    const reason = new Error('enough');

    it('errors with its reason and does not dial, when it is aborted before', async () => {
      const dialed = dial({ host, port: portOf(server), signal: AbortSignal.abort(reason) });
      expect(dialed.error).toBe(reason);
      await turns(10);
      expect(accepted).toHaveLength(0);
    });

    it('errors with its reason and gives up, when it is aborted while dialing', async () => {
      const { port, sockets, close } = await rawServer((socket) => void socket.resume());
      const controller = new AbortController();
      const dialed = dial({ host, port, tls: true, signal: controller.signal });
      await until('the socket is there', () => sockets.length > 0);
      controller.abort(reason);
      expect(dialed.error).toBe(reason);
      await until('the socket is gone', () => sockets[0]!.readableEnded);
      await close();
    });

    it('ends the connection and errors with its reason, when it is aborted later', async () => {
      const controller = new AbortController();
      const dialed = dial({ host, port: portOf(server), signal: controller.signal });
      await until('it is connected', () => dialed.seen.length > 0);
      controller.abort(reason);
      expect(await dialed.connection.closed).toEqual({ by: 'local', error: reason });
      expect(dialed.error).toBe(reason);
      expect(await failureOf(dialed.connection.reader.read(1))).toMatchObject({ cause: reason });
    });

    it('completes without dialing when an earlier subscription was aborted, so that retry ends', async () => {
      const controller = new AbortController();
      const dialing = connect({ host, port: portOf(server), signal: controller.signal });
      const first = failureOf(lastValueFrom(dialing));
      controller.abort(reason);
      expect(await first).toBe(reason);
      const later = jest.fn();
      dialing.subscribe({ next: later, error: later, complete: () => later('complete') });
      expect(later.mock.calls).toEqual([['complete']]);
    });

    it('is released at the end', async () => {
      const { signal } = new AbortController();
      const counts = { on: 0, off: 0 };
      jest.spyOn(signal, 'addEventListener').mockImplementation(() => void counts.on++);
      jest.spyOn(signal, 'removeEventListener').mockImplementation(() => void counts.off++);
      const dialed = dial({ host, port: portOf(server), signal });
      await until('it is connected', () => dialed.seen.length > 0);
      dialed.subscription.unsubscribe();
      await dialed.connection.closed;
      await turns(1);
      expect(counts.on).toBeGreaterThan(0);
      expect(counts.off).toBe(counts.on);
    });
  });

  describe('unsubscribed while it dials', () => {
    it('gives up and emits nothing', async () => {
      const dialed = dial({ host, port: portOf(server) });
      dialed.subscription.unsubscribe();
      await turns(20);
      expect(dialed.seen).toEqual([]);
      for (const { reader } of accepted) expect(await reader.readAll().catch(() => '')).toHaveLength(0);
    });

    it('gives up in the middle of a TLS handshake', async () => {
      const { port, sockets, close } = await rawServer((socket) => void socket.resume());
      const dialed = dial({ host, port, tls: true });
      await until('the client hello has come', () => (sockets[0]?.bytesRead ?? 0) > 0);
      dialed.subscription.unsubscribe();
      await until('the socket is gone', () => sockets[0]!.readableEnded);
      expect(dialed.seen).toEqual([]);
      await close();
    });

    it('gives up in the middle of a name look-up', async () => {
      let answer!: (error: Error | null, address: string, family: number) => void;
      const lookup = ((_name: string, _options: object, done: typeof answer) => {
        answer = done;
      }) as never;
      const dialed = dial({ host: 'slow.test', port: portOf(server), lookup, autoSelectFamily: false });
      dialed.subscription.unsubscribe();
      answer(null, host, 4);
      await turns(20);
      expect(accepted).toHaveLength(0);
      expect(dialed.seen).toEqual([]);
    });
  });

  it('connects over TLS and over a Unix path', async () => {
    const paths = socketPaths();
    const handler = ({ writer }: Connection) => of('hello\n').pipe(tap((line) => writer.write(line)));
    const tlsServer = await startServer(handler, { host, port: 0, tls: SERVER_TLS });
    const unixServer = await startServer(handler, { path: paths.path('a.sock') });
    for (const options of [{ host, port: portOf(tlsServer), tls: CLIENT_TLS }, { path: paths.path('a.sock') }]) {
      const line = connect(options).pipe(switchMap(({ reader }) => reader.pipe(lines())));
      expect(await firstValueFrom(line)).toBe('hello');
    }
    await tlsServer.close();
    await unixServer.close();
    paths.remove();
  });

  it('leaves an error in a subscriber to that subscriber', async () => {
    const caught = await firstValueFrom(
      connect({ host, port: portOf(server) }).pipe(
        map(() => {
          throw new Error('mine');
        }),
        catchError((error: Error) => of(error.message)),
      ),
    );
    expect(caught).toBe('mine');
    await until('it is accepted', () => accepted.length > 0);
    expect(await accepted[0]!.reader.readAll().catch(() => '')).toHaveLength(0);
  });

  it.each<[string, unknown, typeof Error]>([
    ['no address', {}, TypeError],
    ['two addresses', { port: 1, path: '/x' }, TypeError],
    ['a host without a port', { host }, TypeError],
    ['a port that is a string', { port: '80' }, TypeError],
    ['a port out of range', { port: 65_536 }, RangeError],
    ['a port that is a fraction', { port: 1.5 }, RangeError],
    ['a negative timeout', { port: 1, connectTimeout: -1 }, RangeError],
    ['a negative time between addresses', { port: 1, autoSelectFamilyAttemptTimeout: -1 }, RangeError],
    ['an invalid timeout', { port: 1, idleTimeout: 'soon' }, TypeError],
    ['a negative slowAfter', { port: 1, slowAfter: -1 }, RangeError],
    ['an invalid slowAfter', { port: 1, slowAfter: '1 s' }, TypeError],
    ['a limit of 0', { port: 1, limit: 0 }, RangeError],
    ['an invalid high-water mark', { port: 1, highWaterMark: NaN }, RangeError],
    ['an invalid maxQueued', { port: 1, maxQueued: '1' }, TypeError],
    ['TLS without a name to verify', { path: '/x', tls: true }, TypeError],
  ])('throws for %s, at the call', (_, options, kind) => {
    expect(() => connect(options as never)).toThrow(kind);
    expect(() => connect(options as never)).toThrow(/^Cannot /);
  });
});

describe('connect: a pipe that is still working when the peer ends', () => {
  it('writes its answer to the last line before our FIN', async () => {
    let answer: Buffer | undefined;
    const server = await startServer(
      async ({ reader, writer }) => {
        writer.write('question\n');
        writer.writeEof();
        answer = await reader.readAll();
      },
      { host, port: 0 },
    );
    const work = async (line: string) => {
      await turns(5);
      return `answer to ${line}\n`;
    };
    const pipe = connect({ host, port: portOf(server) }).pipe(
      mergeMap(({ reader, writer }) => reader.pipe(lines(), concatMapPausing(work), writeTo(writer))),
    );
    await lastValueFrom(pipe);
    await server.close();
    expect(`${answer}`).toBe('answer to question\n');
  });
});
