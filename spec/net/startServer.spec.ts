// Proves that a connection lives as long as the result of its handler, and that its failures affect no other
// connection.
import { defer, interval, of, repeat, tap, throwError, timer } from 'rxjs';
import { type Connection, lines, openConnection, type Server, type ServerFailure, startServer } from '../../src';
import type { ConnectionHandler } from '../../src/net/startServer';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

describe('startServer', () => {
  let server: Server;
  let failures: ServerFailure[];
  let accepted: Connection[];
  let completed: boolean;

  async function serve(handler: ConnectionHandler): Promise<void> {
    failures = [];
    accepted = [];
    completed = false;
    const recorded: ConnectionHandler = (connection) => {
      accepted.push(connection);
      return handler(connection);
    };
    server = await startServer(recorded, { host, port: 0 });
    server.errors.subscribe({ next: (failure) => failures.push(failure), complete: () => (completed = true) });
  }

  const dial = () => openConnection({ host, port: portOf(server) });

  afterEach(async () => {
    server?.abortClients();
    await server?.close();
    if (failures) expect(completed).toBe(true);
  });

  it('reports the error of a promise inside an Observable when the client resets', async () => {
    await serve(({ reader }) => defer(() => reader.readLine()).pipe(repeat()));
    const client = await dial();
    client.writer.write('hello\n');
    await until('it reads', () => (accepted[0]?.bytesRead ?? 0) > 0);
    client.reset();
    await until('the failure is reported', () => failures.length > 0);
    expect(failures).toMatchObject([{ error: { code: 'ECONNRESET' }, connection: accepted[0] }]);
  });

  it.each<[string, ConnectionHandler]>([
    ['a promise', async ({ writer }) => void writer.write('bye')],
    ['an Observable', ({ writer }) => of('bye').pipe(tap((chunk) => writer.write(chunk)))],
    ['an Observable that completes later', ({ writer }) => timer(1).pipe(tap(() => writer.write('bye')))],
    [
      'any thenable',
      ({ writer }) => {
        const thenable = (done: () => void) => {
          writer.write('bye');
          done();
        };
        // biome-ignore lint/suspicious/noThenProperty: somebody else's promise
        return { then: thenable } as never;
      },
    ],
  ])('flushes and closes when %s is done', async (_, handler) => {
    await serve(handler);
    const { reader, closed, writer } = await dial();
    expect(`${await reader.readAll()}`).toBe('bye');
    writer.writeEof();
    expect(await closed).toEqual({ by: 'peer' });
    expect(await accepted[0]!.closed).toEqual({ by: 'local' });
  });

  it('sends everything that a handler wrote, of any size', async () => {
    const sent = Buffer.alloc(4 * 1024 * 1024, 'abc');
    await serve(async ({ writer }) => void writer.write(sent));
    const { reader, writer } = await dial();
    expect((await reader.readAll()).equals(sent)).toBe(true);
    writer.close();
  });

  it('keeps the connection of a handler that returns nothing until both sides have ended', async () => {
    await serve(({ writer }) => void writer.write('hello'));
    const client = await dial();
    expect(`${await client.reader.readExactly(5)}`).toBe('hello');
    client.writer.writeEof();
    await accepted[0]!.reader.readAll();
    await turns(5);
    accepted[0]!.writer.write('still here');
    expect(`${await client.reader.readExactly(10)}`).toBe('still here');
    accepted[0]!.writer.writeEof();
    expect(await client.closed).toEqual({ by: 'local' });
  });

  it.each([
    ['a value', 42],
    ['an object', { unsubscribe: () => {} }],
  ])('treats %s like nothing', async (_, value) => {
    await serve((() => value) as never);
    const client = await dial();
    client.writer.write('x');
    await until('it is accepted', () => accepted.length > 0);
    expect(`${await accepted[0]!.reader.readExactly(1)}`).toBe('x');
    expect(failures).toEqual([]);
    client.destroy();
  });

  const failure = new Error('failed');
  it.each<[string, ConnectionHandler]>([
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['rejects', async () => Promise.reject(failure)],
    ['errors', () => throwError(() => failure)],
    [
      'errors later',
      ({ reader }) =>
        reader.pipe(
          lines(),
          tap(() => {
            throw failure;
          }),
        ),
    ],
  ])('reports a handler that %s, destroys its connection, and serves the others', async (_, handler) => {
    let first = true;
    await serve((connection) => {
      if (!first) return void connection.reader.subscribe(connection.writer);
      first = false;
      connection.writer.write(Buffer.alloc(8 * 1024 * 1024));
      return handler(connection);
    });
    const [failing, other] = [await dial(), await dial()];
    failing.writer.write('line\n');
    await until('it is reported', () => failures.length > 0);
    expect(failures).toEqual([expect.objectContaining({ error: failure, connection: accepted[0] })]);
    expect(await accepted[0]!.closed).toEqual({ by: 'local', error: failure });
    await failing.reader.readAll({ limit: 16 * 1024 * 1024 }).catch(() => {});
    expect(failing.bytesRead).toBeLessThan(8 * 1024 * 1024);
    other.writer.write('echo');
    expect(`${await other.reader.readExactly(4)}`).toBe('echo');
    expect(server.isServing()).toBe(true);
    failing.destroy();
    other.destroy();
  });

  it('reports a client that breaks its connection to every pending wait', async () => {
    await serve(async ({ reader }) => void (await reader.readLine()));
    const client = await dial();
    client.writer.write('x');
    await until('it has arrived', () => accepted[0]?.bytesRead === 1);
    client.reset();
    await until('it is reported', () => failures.length > 0);
    expect(failures[0]).toMatchObject({ error: { code: 'ECONNRESET' }, connection: accepted[0] });
  });

  it('warns when nobody subscribes to failures', async () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const quiet = await startServer(() => Promise.reject(failure), { host, port: 0 });
    const client = await openConnection({ host, port: portOf(quiet) });
    await until('it has warned', () => emit.mock.calls.length > 0);
    expect(emit).toHaveBeenCalledWith('The handler of a connection failed: failed', 'ServerWarning');
    emit.mockRestore();
    client.destroy();
    await quiet.close();
  });

  it('does not report errors that follow from the server ending a connection', async () => {
    await serve(async ({ reader }) => void (await reader.readLine()));
    const client = await dial();
    await until('it is accepted', () => accepted.length > 0);
    server.abortClients();
    await accepted[0]!.closed;
    await turns(3);
    expect(failures).toEqual([]);
    client.destroy();
  });

  it('ends the connection of a handler that streams values when the peer ends', async () => {
    await serve(({ writer }) => interval(1).pipe(tap((i) => writer.write(`${i}\n`))));
    const client = await dial();
    expect(`${await client.reader.readLine()}`).toBe('0\n');
    client.reset();
    await accepted[0]!.closed;
    // The Observable is left running: its next write ends it.
    await until('it is reported', () => failures.length > 0);
    expect(failures).toMatchObject([
      { error: { code: 'ERR_CONNECTION_CLOSED' }, connection: accepted[0], probe: true },
    ]);
  });

  it('serves many clients at once', async () => {
    await serve(({ reader, writer }) => void reader.subscribe(writer));
    const all = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const { reader, writer } = await dial();
        writer.write(`${i}`);
        writer.writeEof();
        return `${await reader.readAll()}`;
      }),
    );
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    expect(accepted).toHaveLength(50);
  });

  it('rejects with the system error, untouched', async () => {
    await serve(() => {});
    const error = await failureOf(startServer(() => {}, { host, port: portOf(server) }));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'listen', port: portOf(server) });
  });

  it('rejects with the reason of a signal that aborts before it is bound', async () => {
    const reason = new Error('enough');
    expect(await failureOf(startServer(() => {}, { port: 0, signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const starting = failureOf(startServer(() => {}, { host, port: 0, signal: controller.signal }));
    controller.abort(reason);
    expect(await starting).toBe(reason);
  });

  it.each<[string, unknown, typeof Error]>([
    ['no address', {}, TypeError],
    ['two addresses', { port: 0, path: '/x' }, TypeError],
    ['an invalid port', { port: 'x' }, TypeError],
    ['a path that is not a string', { path: 5 }, TypeError],
    ['a port out of range', { port: -1 }, RangeError],
    ['TLS without options', { port: 0, tls: true }, TypeError],
    ['a backlog of 0', { port: 0, backlog: 0 }, RangeError],
    ['maxConnections of 0', { port: 0, maxConnections: 0 }, RangeError],
    ['a negative timeout', { port: 0, handshakeTimeout: -1 }, RangeError],
    ['an invalid signal', { port: 0, signal: 5 }, TypeError],
    ['a limit of 0', { port: 0, limit: 0 }, RangeError],
    ['a negative slowAfter', { port: 0, slowAfter: -1 }, RangeError],
    ['an invalid slowAfter', { port: 0, slowAfter: '1 s' }, TypeError],
  ])('throws for %s, at the call', (_, options, kind) => {
    expect(() => startServer(() => {}, options as never)).toThrow(kind);
  });

  it.each([
    ['exclusive host', { port: 0, host: 5 }],
    ['highWaterMark of TLS', { port: 0, tls: { highWaterMark: 'x' } }],
  ])('rejects for an option that Node refuses: %s', async (_, options) => {
    await expect(startServer(() => {}, options as never)).rejects.toMatchObject({ message: expect.any(String) });
  });

  it('treats undefined options as absent', async () => {
    const nothing = { host: undefined, path: undefined, exclusive: undefined, ipv6Only: undefined, tls: undefined };
    const server = await startServer(() => {}, {
      port: 0,
      noDelay: undefined,
      keepAlive: undefined,
      ...nothing,
    } as never);
    expect(server.isServing()).toBe(true);
    await server.close();
  });

  it('throws for an invalid handler, at the call', () => {
    expect(() => startServer(undefined as never, { port: 0 })).toThrow(TypeError);
  });
});
