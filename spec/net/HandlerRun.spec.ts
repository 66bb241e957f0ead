// Proves how long a handler runs: until it has read the bytes that arrived, however its client ended; that an error in
// its teardown affects only its own connection; and that the server waits for it.
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  map,
  mergeMap,
  NEVER,
  Observable,
  of,
  repeat,
  switchMap,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import {
  type Connection,
  concatMapPausing,
  eachValueFrom,
  lines,
  mergeMapPausing,
  openConnection,
  readLine,
  type Server,
  type ServerFailure,
  startServer,
  writeTo,
} from '../../src';
import type { ConnectionHandler } from '../../src/net/startServer';
import { portOf } from '../support/portOf';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

let server: Server;
let failures: ServerFailure[];
let accepted: Connection[];
let clients: Connection[];

beforeEach(() => {
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  server.abortClients();
  await server.close({ timeout: 1 });
});

async function serve(handler: ConnectionHandler): Promise<void> {
  failures = [];
  accepted = [];
  const recorded: ConnectionHandler = (connection) => {
    accepted.push(connection);
    return handler(connection);
  };
  server = await startServer(recorded, { host, port: 0 });
  server.errors.subscribe((failure) => failures.push(failure));
}

async function dial(): Promise<Connection> {
  const client = await openConnection({ host, port: portOf(server) });
  clients.push(client);
  return client;
}

/** A client that has ended does not wait for replies: its system answers them with a reset. */
async function leave(client: Connection): Promise<void> {
  client.destroy();
  const { writer } = accepted[0]!;
  while (!writer.isClosing()) {
    writer.next('a reply');
    await turns(1);
  }
}

/** A promise that a spec settles. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('HandlerRun: a handler whose client sends five lines and leaves', () => {
  let done: string[];
  let release: () => void;
  let work: (line: string) => Promise<string>;

  beforeEach(() => {
    done = [];
    const { opened, open } = gate();
    release = open;
    work = async (line) => {
      await opened;
      await turns(2);
      done.push(line);
      return line;
    };
  });

  const ends: [string, (client: Connection) => Promise<void>][] = [
    ['with a reset', async (client) => client.reset()],
    [
      'cleanly',
      async (client) => {
        client.writer.writeEof();
        await client.writer.flush();
        await turns(5);
        await leave(client);
      },
    ],
  ];
  const handlers: [string, (connection: Connection) => Observable<unknown>][] = [
    ['concatMapPausing', ({ reader }) => reader.pipe(lines(), concatMapPausing(work))],
    ['mergeMapPausing', ({ reader }) => reader.pipe(lines(), mergeMapPausing(work, 2))],
    [
      'mergeMapPausing that replies',
      ({ reader, writer }) =>
        reader.pipe(
          lines(),
          mergeMapPausing(work, 1),
          tap((line) => writer.next(`${line}\n`)),
        ),
    ],
    [
      'single reads',
      ({ reader }) => defer(() => reader.pipe(readLine(), take(1), map(String), concatMap(work))).pipe(repeat(5)),
    ],
    ['a read that begins later', ({ reader }) => from(work('')).pipe(switchMap(() => reader.pipe(lines(), map(work))))],
    [
      'an async function',
      ({ reader }) =>
        from(
          (async () => {
            for await (const line of eachValueFrom(reader.pipe(lines()))) await work(line);
          })(),
        ),
    ],
  ];
  for (const [how, end] of ends) {
    it.each(handlers)(`gets all of them through %s, when the client leaves ${how}`, async (_, handler) => {
      await serve((connection) => handler(connection).pipe(catchError(() => EMPTY)));
      const client = await dial();
      client.writer.write('1\n2\n3\n4\n5\n');
      await until('they have arrived', () => accepted[0]?.bytesRead === 10);
      await end(client);
      await accepted[0]!.closed;
      await turns(3);
      release();
      await until('all are done', () => done.map((line) => line.trim()).filter(Boolean).length === 5);
      expect(done.map((line) => line.trim()).filter(Boolean)).toEqual(['1', '2', '3', '4', '5']);
      await turns(3);
      expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
    });
  }

  it('gets the reset after the last line, which is one failure', async () => {
    const seen: string[] = [];
    await serve(({ reader }) =>
      reader.pipe(lines(), concatMapPausing(work), tap({ error: () => seen.push(`error after ${done.join('')}`) })),
    );
    const client = await dial();
    client.writer.write('1\n2\n3\n4\n5\n');
    await until('they have arrived', () => accepted[0]?.bytesRead === 10);
    client.reset();
    await accepted[0]!.closed;
    release();
    await until('it is reported', () => failures.length > 0);
    await turns(3);
    expect(seen).toEqual(['error after 12345']);
    expect(failures).toMatchObject([{ error: { code: 'ECONNRESET' }, connection: accepted[0] }]);
  });

  it('drains the queue of an RxJS operator, too, after a clean end', async () => {
    await serve(({ reader }) => reader.pipe(lines(), concatMap(work)));
    const client = await dial();
    client.writer.write('1\n2\n3\n4\n5\n');
    client.writer.writeEof();
    await until('all has arrived', () => accepted[0]?.reader.atEof() === true);
    await leave(client);
    await accepted[0]!.closed;
    release();
    await until('all are done', () => done.length === 5);
    await turns(3);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });
});

describe('HandlerRun: an Observable that goes on after its connection has ended', () => {
  const clock = { doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] as const };
  let unsubscribed: number;

  /** Fakes the clock, not the sockets. */
  const fake = () => jest.useFakeTimers({ doNotFake: [...clock.doNotFake] });

  beforeEach(() => {
    unsubscribed = 0;
  });

  afterEach(() => jest.useRealTimers());

  async function goneAfter(sent: string): Promise<void> {
    const client = await dial();
    if (sent !== '') client.writer.write(sent);
    await until('it has arrived', () => accepted[0]?.bytesRead === sent.length);
    fake();
    client.reset();
    await accepted[0]!.closed;
    await turns(2);
  }

  it('is unsubscribed after five seconds without a read, with one failure', async () => {
    await serve(() => NEVER.pipe(finalize(() => unsubscribed++)));
    await goneAfter('hello');
    jest.advanceTimersByTime(4999);
    expect([unsubscribed, failures.length]).toEqual([0, 0]);
    jest.advanceTimersByTime(1);
    expect(unsubscribed).toBe(1);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([
      {
        error: expect.objectContaining({ code: 'ERR_SOCKET_TIMEOUT', what: 'handler', timeout: 5000 }),
        connection: accepted[0],
      },
    ]);
    jest.advanceTimersByTime(60_000);
    expect(failures).toHaveLength(1);
  });

  it('is left running while it reads, and five seconds more', async () => {
    const held = gate();
    await serve(({ reader }) =>
      concat(
        reader
          .pipe(
            lines(),
            concatMapPausing(() => held.opened),
          )
          .pipe(catchError(() => EMPTY)),
        NEVER,
      ).pipe(finalize(() => unsubscribed++)),
    );
    await goneAfter('one\ntwo\n');
    jest.advanceTimersByTime(60_000);
    await turns(2);
    expect([unsubscribed, failures.length]).toEqual([0, 0]);
    held.open();
    await turns(2);
    jest.advanceTimersByTime(4999);
    expect(unsubscribed).toBe(0);
    jest.advanceTimersByTime(1);
    expect([unsubscribed, failures.length]).toEqual([1, 1]);
  });

  it('leaves no timer when it completes by itself', async () => {
    const over = gate();
    await serve(() => NEVER.pipe(takeUntil(from(over.opened))));
    await goneAfter('hello');
    expect(jest.getTimerCount()).toBe(1);
    over.open();
    await turns(2);
    expect(jest.getTimerCount()).toBe(0);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });

  it('can finish its work within five seconds when no bytes had arrived', async () => {
    const work = gate();
    let committed = false;
    await serve(({ writer }) => {
      writer.write('hello\n');
      return defer(async () => {
        await work.opened;
        committed = true;
      }).pipe(finalize(() => unsubscribed++));
    });
    await goneAfter('');
    jest.advanceTimersByTime(4999);
    expect(unsubscribed).toBe(0);
    work.open();
    await turns(2);
    expect([committed, unsubscribed]).toEqual([true, 1]);
    expect(jest.getTimerCount()).toBe(0);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });

  it('is unsubscribed after five seconds also when no bytes had arrived', async () => {
    await serve(() => NEVER.pipe(finalize(() => unsubscribed++)));
    await goneAfter('');
    jest.advanceTimersByTime(5000);
    expect(unsubscribed).toBe(1);
    expect(failures).toMatchObject([{ error: { what: 'handler', timeout: 5000 }, connection: accepted[0] }]);
  });
});

describe('HandlerRun: Server.close()', () => {
  it.each<[string, (work: Promise<void>, connection: Connection) => ReturnType<ConnectionHandler>]>([
    ['promise', (work) => work],
    [
      'Observable',
      (work, { reader }) =>
        reader.pipe(
          lines(),
          concatMapPausing(() => work),
          catchError(() => EMPTY),
        ),
    ],
    [
      'Observable that no longer reads',
      (work, { reader }) =>
        reader.pipe(
          lines(),
          take(1),
          mergeMap(() => work),
        ),
    ],
  ])('waits for the %s of a handler after its client has left', async (_, handler) => {
    const { opened, open } = gate();
    let committed = false;
    await serve((connection) =>
      handler(
        opened.then(() => {
          committed = true;
        }),
        connection,
      ),
    );
    const client = await dial();
    client.writer.write('order\n');
    await until('it has arrived', () => accepted[0]?.bytesRead === 6);
    client.reset();
    await accepted[0]!.closed;
    let closed = false;
    const closing = server.close().then(() => {
      closed = true;
    });
    await turns(10);
    expect(closed).toBe(false);
    open();
    await closing;
    expect(committed).toBe(true);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });

  it.each<[string, ConnectionHandler]>([
    ['a promise', () => new Promise(() => {})],
    ['an Observable', () => NEVER],
  ])('reports once, without a connection, that %s is still running at the end', async (_, handler) => {
    await serve(handler);
    const client = await dial();
    client.writer.write('order\n');
    await until('it has arrived', () => accepted[0]?.bytesRead === 6);
    client.reset();
    await accepted[0]!.closed;
    await server.close({ timeout: 5 });
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([
      { error: expect.objectContaining({ what: 'handler', timeout: 5 }), connection: accepted[0] },
    ]);
  });

  it.each<[string, ConnectionHandler]>([
    ['a promise', () => new Promise(() => {})],
    ['an Observable', () => NEVER],
  ])('reports once, with its connection, that %s was cut off while it worked', async (_, handler) => {
    await serve(handler);
    await dial();
    await until('it is accepted', () => accepted.length === 1);
    await server.close({ timeout: 5 });
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([
      { error: expect.objectContaining({ what: 'handler', timeout: 5 }), connection: accepted[0] },
    ]);
  });

  it.each<[string, ConnectionHandler]>([
    ['a promise of a read', ({ reader }) => reader.readLine()],
    [
      'a loop',
      async ({ reader }) => {
        for await (const _ of eachValueFrom(reader.pipe(lines())));
      },
    ],
    ['an Observable', ({ reader }) => reader.pipe(lines())],
    ['the end of its connection', ({ closed }) => closed],
  ])('does not report a handler that only waited for %s at the end', async (_, handler) => {
    await serve(handler);
    await dial();
    await until('it is accepted', () => accepted.length === 1);
    await server.close({ timeout: 5 });
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });

  it('unsubscribes Observables that hold their reader at the end, and reports them', async () => {
    let unsubscribed = 0;
    await serve(({ reader }) => {
      reader.pause();
      return reader.pipe(finalize(() => unsubscribed++));
    });
    const client = await dial();
    client.writer.write('x');
    await until('it has arrived', () => accepted[0]?.bytesRead === 1);
    await server.close({ timeout: 5 });
    expect(unsubscribed).toBe(1);
    expect(failures).toMatchObject([{ error: { what: 'handler', timeout: 5 }, connection: accepted[0] }]);
  });

  it('reports a failure that occurs while it waits', async () => {
    const { opened, open } = gate();
    const failure = new Error('the database is gone');
    await serve(() => opened.then(() => Promise.reject(failure)));
    const client = await dial();
    await until('it is accepted', () => accepted.length === 1);
    client.reset();
    await accepted[0]!.closed;
    const closing = server.close();
    open();
    await closing;
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([
      { error: failure, connection: accepted[0] },
    ]);
  });
});

describe('HandlerRun: an error in the teardown', () => {
  const failure = new Error('teardown');
  const fails = () => {
    throw failure;
  };
  const thrown: unknown[] = [];
  const onThrown = (error: unknown) => thrown.push(error);

  beforeAll(() => process.on('uncaughtException', onThrown).on('unhandledRejection', onThrown));

  afterAll(() => process.off('uncaughtException', onThrown).off('unhandledRejection', onThrown));

  const endings: Record<string, (client: Connection) => void> = {
    'the client ends': (client) => client.writer.writeEof(),
    'the client resets': (client) => client.reset(),
    'it completes': (client) => void client.writer.write('one\ntwo\n'),
  };
  it.each<[string, keyof typeof endings, ConnectionHandler]>([
    ['finalize', 'the client ends', ({ reader }) => reader.pipe(lines(), finalize(fails))],
    ['finalize inside the pipe', 'the client ends', ({ reader }) => reader.pipe(lines(), finalize(fails), map(String))],
    ['finalize', 'it completes', ({ reader }) => reader.pipe(lines(), take(1), finalize(fails))],
    [
      'the teardown of an Observable',
      'the client resets',
      ({ closed }) =>
        new Observable((subscriber) => {
          void closed.then(() => subscriber.complete());
          return fails;
        }),
    ],
    [
      'the teardown of an inner Observable',
      'it completes',
      ({ reader }) =>
        reader.pipe(
          lines(),
          switchMap(() => new Observable(() => fails)),
        ),
    ],
    ['finalize of an Observable that completes inside subscribe', 'it completes', () => of(1).pipe(finalize(fails))],
    [
      'the teardown of one that completes inside subscribe',
      'it completes',
      () =>
        new Observable((subscriber) => {
          subscriber.complete();
          return fails;
        }),
    ],
    ['subscribe', 'it completes', () => new Observable(fails)],
    [
      'finalize of its own subscription',
      'the client ends',
      ({ reader }) => void reader.pipe(lines(), finalize(fails)).subscribe(),
    ],
    [
      'finalize behind writeTo',
      'it completes',
      ({ reader, writer }) => void reader.pipe(lines(), take(1), writeTo(writer), finalize(fails)).subscribe(),
    ],
    [
      'finalize in a loop',
      'the client ends',
      async ({ reader }) => {
        for await (const _ of eachValueFrom(reader.pipe(lines(), finalize(fails))));
      },
    ],
    // biome-ignore lint/suspicious/noThenProperty: somebody else's promise
    ['then', 'it completes', () => ({ then: fails }) as never],
  ])('thrown by %s, when %s, is a failure of its connection alone', async (_, ending, handler) => {
    let first = true;
    await serve((connection) => {
      if (!first) return void connection.reader.subscribe(connection.writer);
      first = false;
      return handler(connection);
    });
    const [failing, other] = [await dial(), await dial()];
    await until('both are accepted', () => accepted.length === 2);
    endings[ending]!(failing);
    await accepted[0]!.closed;
    await until('it is reported', () => failures.length > 0);
    await turns(3);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([
      { error: failure, connection: accepted[0] },
    ]);
    other.writer.write('echo');
    expect(`${await other.reader.readExactly(4)}`).toBe('echo');
    expect(thrown).toEqual([]);
  });

  it('is a second failure after an error', async () => {
    await serve(({ reader }) => reader.pipe(lines(), finalize(fails)));
    const client = await dial();
    await until('it is accepted', () => accepted.length === 1);
    client.reset();
    await accepted[0]!.closed;
    await turns(3);
    expect(failures).toMatchObject([{ error: { code: 'ECONNRESET' } }, { error: failure }]);
    expect(thrown).toEqual([]);
  });
});

describe('HandlerRun: Server.closeClients()', () => {
  it('ends the loops of handlers, still sends queued bytes, and reports no failure', async () => {
    const bye = Buffer.alloc(4 * 1024 * 1024, 'bye');
    await serve(async ({ reader, writer }) => {
      for await (const _ of eachValueFrom(reader.pipe(lines()))) writer.write(bye);
    });
    const client = await dial();
    client.writer.write('line\n');
    await until('it is at work', () => (accepted[0]?.writer.bufferedAmount ?? 0) > 0);
    server.closeClients();
    expect((await client.reader.readAll()).equals(bye)).toBe(true);
    client.writer.close();
    expect(await accepted[0]!.closed).toEqual({ by: 'local' });
    await turns(2);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });
});

describe('HandlerRun: an async handler that resolves', () => {
  const warnings = () => emit.mock.calls.map(([message]) => `${message}`);
  let emit: jest.SpyInstance;

  beforeEach(() => {
    emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });

  afterEach(() => emit.mockRestore());

  it('gets one warning with advice while a subscription still reads its connection', async () => {
    await serve(async ({ reader, writer }) => {
      reader.pipe(lines()).subscribe((line) => writer.write(line));
    });
    for (let i = 0; i < 3; i++) expect(await (await dial()).reader.readAll()).toHaveLength(0);
    expect(warnings()).toEqual([expect.stringMatching(/^A handler has resolved .*: return the Observable, or await /)]);
    expect(failures.map(({ error, connection }) => ({ error, connection }))).toEqual([]);
  });

  it.each<[string, ConnectionHandler]>([
    ['after its reads', async ({ reader, writer }) => void writer.write(await reader.readLine())],
    [
      'after it has closed the connection itself',
      async ({ reader, writer }) => {
        reader.subscribe();
        writer.close();
      },
    ],
    [
      'when the client has ended',
      async ({ reader, closed }) => {
        reader.subscribe({ complete: () => {} });
        await Promise.race([closed, new Promise<void>((resolve) => reader.input.whenDrained(resolve))]);
      },
    ],
  ])('%s gets no warning', async (_, handler) => {
    await serve(handler);
    const client = await dial();
    client.writer.write('line\n');
    client.writer.writeEof();
    await client.reader.readAll();
    await client.closed;
    expect(warnings()).toEqual([]);
  });
});
