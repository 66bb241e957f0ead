// Proves when reconnect dials again, when it resets its count and when it ends: in virtual time, and on sockets.
import {
  catchError,
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  map,
  type Observable,
  of,
  retry,
  startWith,
  switchMap,
  take,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import {
  type Connection,
  connect,
  lines,
  openConnection,
  type ReconnectOptions,
  reconnect,
  type Server,
  startServer,
  writeTo,
} from '../../src';
import { connectTo, type MarbleHelpers, runMarbles } from '../../src/testing';
import { portOf } from '../support/portOf';
import { until } from '../support/until';

const REFUSED = new Error('connect ECONNREFUSED');
const read = switchMap(({ reader }: Connection) => reader.pipe(lines()));
const EXACT: ReconnectOptions = { initial: 10, max: 100, jitter: 0 };

/** The times of the attempts: `again` is the last operator, after the reads. */
function visits(
  makeVisits: (helpers: MarbleHelpers) => readonly (Error | (() => Connection))[],
  options = EXACT,
): number[] {
  const at: number[] = [];
  runMarbles((helpers) => {
    const made = makeVisits(helpers).map((visit) => () => {
      at.push(helpers.scheduler.now());
      if (typeof visit !== 'function') throw visit;
      return visit();
    });
    connectTo(...made, { after: 'wait' })
      .pipe(read, reconnect(options), take(made.length + 1))
      .subscribe();
    helpers.flush();
  });
  return at;
}

describe('reconnect', () => {
  it('dials again after an error and after a clean end, and emits the values of each connection', () => {
    runMarbles(({ connection, expectObservable }) => {
      const dial = connectTo(
        () => connection('a-#', { a: 'one\n' }),
        () => connection('b-|', { b: 'two\n' }),
        () => connection('c', { c: 'three\n' }),
      );
      const values = { a: 'one', b: 'two', c: 'three' };
      expectObservable(dial.pipe(read, reconnect(EXACT)), '^ 40ms !').toBe('a 11ms b 11ms c', values);
    });
  });

  it('waits longer after each failure, up to max', () => {
    expect(visits(() => [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED])).toEqual([
      0, 10, 30, 70, 150, 250, 350,
    ]);
  });

  it('resets its count after a connection that received a byte, however it ended', () => {
    expect(
      visits(({ connection }) => [
        REFUSED,
        REFUSED,
        () => connection('a-|', { a: 'x\n' }),
        REFUSED,
        () => connection('a-#', { a: 'half a li' }),
        REFUSED,
      ]),
    ).toEqual([0, 10, 30, 42, 62, 74]);
  });

  it('keeps its count after a connection that received nothing, as from a balancer without a backend', () => {
    expect(visits(({ connection }) => [1, 2, 3, 4].map(() => () => connection('-|')))).toEqual([0, 11, 32, 73]);
    expect(visits(({ connection }) => [1, 2, 3].map(() => () => connection('4998ms #')))).toEqual([0, 5008, 10_026]);
  });

  it('resets its count after a connection that lasted stableAfter milliseconds', () => {
    expect(visits(({ connection }) => [1, 2, 3].map(() => () => connection('5s |')))).toEqual([0, 5010, 10_020]);
    const options = { ...EXACT, stableAfter: 20 };
    expect(visits(({ connection }) => [1, 2, 3].map(() => () => connection('19ms |')), options)).toEqual([0, 29, 68]);
    expect(visits(({ connection }) => [1, 2, 3].map(() => () => connection('20ms |')), options)).toEqual([0, 30, 60]);
  });

  it('does not count the work after the end of a connection as part of its life', () => {
    const at: number[] = [];
    runMarbles(({ connection, scheduler, flush }) => {
      const visit = () => {
        at.push(scheduler.now());
        return connection('-|');
      };
      connectTo(visit, visit, visit)
        .pipe(
          switchMap(() => timer(6000)),
          reconnect({ ...EXACT, stableAfter: 1000 }),
          take(3),
        )
        .subscribe();
      flush();
    });
    expect(at).toEqual([0, 6010, 12_030]);
  });

  it('does not treat a value before any connection as a success', () => {
    const at: number[] = [];
    runMarbles(({ scheduler, flush }) => {
      connectTo(REFUSED, REFUSED, REFUSED, { after: 'wait' })
        .pipe(
          startWith('dialing'),
          tap(() => at.push(scheduler.now())),
          reconnect<unknown>(EXACT),
          take(4),
        )
        .subscribe();
      flush();
    });
    expect(at).toEqual([0, 10, 30, 70]);
  });

  it('emits one connection after the other when it directly follows the dialing source', () => {
    runMarbles(({ connection, expectObservable }) => {
      const dial = connectTo(
        REFUSED,
        () => connection('a-#', { a: 'one\n' }),
        () => connection('b-|', { b: 'two\n' }),
        () => connection('c', { c: 'three\n' }),
      );
      const each = switchMap(({ reader }: Connection) =>
        reader.pipe(
          lines(),
          catchError(() => EMPTY),
        ),
      );
      const values = { a: 'one', b: 'two', c: 'three' };
      expectObservable(dial.pipe(reconnect(EXACT), each), '^ 60ms !').toBe('10ms a 11ms b 11ms c', values);
    });
  });

  it('judges a source without connections by its values', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const fails = cold('#');
      expectObservable(fails.pipe(reconnect<string>(EXACT)), '^ 80ms !').toBe('');
      expectSubscriptions(fails.subscriptions).toBe(['(^!)', '10ms (^!)', '30ms (^!)', '70ms (^!)']);
      const works = cold('a#');
      expectObservable(works.pipe(reconnect<string>(EXACT)), '^ 30ms !').toBe('a 10ms a 10ms a');
      const completes = cold('a|');
      expectObservable(completes.pipe(reconnect<string>(EXACT)), '^ 30ms !').toBe('a 10ms a 10ms a');
    });
  });

  it('judges connections from a promise by the bytes they received', () => {
    runMarbles(({ connection, cold, expectObservable }) => {
      // Neither dials: both connections exist already.
      const heard = cold('(a#)', { a: connection('a', { a: 'x' }) });
      const silent = cold('(a#)', { a: connection('') });
      const name = map(() => 'c');
      expectObservable(heard.pipe(reconnect(EXACT), name), '^ 35ms !').toBe('c 9ms c 9ms c 9ms c');
      expectObservable(silent.pipe(reconnect(EXACT), name), '^ 35ms !').toBe('c 9ms c 19ms c');
    });
  });

  it('closes the connection, or ends the wait, when it is unsubscribed', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('---#');
      expectObservable(source.pipe(reconnect<string>(EXACT)), '^----!').toBe('');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      const idle = cold('---');
      expectObservable(idle.pipe(reconnect<string>(EXACT)), '^----!').toBe('');
      expectSubscriptions(idle.subscriptions).toBe('^----!');
    });
  });

  it('keeps a separate count for each subscription', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('#');
      const again = source.pipe(reconnect<string>(EXACT));
      expectObservable(again, '  ^ 20ms !').toBe('');
      expectObservable(again, '- ^ 20ms !').toBe('');
      expectSubscriptions(source.subscriptions).toBe(['(^!)', '-(^!)', '10ms (^!)', '11ms (^!)']);
    });
  });

  describe('signal', () => {
    it('ends the wait, closes the connection and completes', () => {
      runMarbles(({ cold, connection, scheduler, expectObservable, expectSubscriptions }) => {
        const waiting = new AbortController();
        const source = cold('#');
        scheduler.schedule(() => waiting.abort(), 5);
        expectObservable(source.pipe(reconnect<string>({ ...EXACT, signal: waiting.signal }))).toBe('-----|');
        expectSubscriptions(source.subscriptions).toBe('(^!)');

        const reading = new AbortController();
        const open = connection('a', { a: 'one\n' });
        scheduler.schedule(() => reading.abort(), 7);
        const client = connectTo(() => open).pipe(read, reconnect({ ...EXACT, signal: reading.signal }));
        expectObservable(client).toBe('a------|', { a: 'one' });
        expectObservable(open.written$).toBe('-------#', {}, expect.anything());
      });
    });

    it('completes without dialing when it is aborted before', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('a');
        const signal = AbortSignal.abort();
        expectObservable(source.pipe(reconnect<string>({ signal }))).toBe('|');
        expectSubscriptions(source.subscriptions).toBe([]);
      });
    });
  });

  it('ignores dialing that a value triggers downstream', () => {
    const other = new AbortController();
    runMarbles(({ connection, expectObservable }) => {
      // The subscriber of the value dials elsewhere, with its own aborted signal.
      const elsewhere = () => connect({ port: 1, signal: other.signal }).pipe(catchError(() => EMPTY));
      other.abort();
      const dial = connectTo(
        () => connection('a-|', { a: 'one\n' }),
        () => connection('b', { b: 'two\n' }),
      );
      const client = dial.pipe(
        reconnect(EXACT),
        switchMap(({ reader }) => {
          elsewhere().subscribe();
          return reader.pipe(lines());
        }),
      );
      expectObservable(client, '^ 20ms !').toBe('a 11ms b', { a: 'one', b: 'two' });
    });
  });

  it.each<[string, ReconnectOptions, typeof Error]>([
    ['a negative stableAfter', { stableAfter: -1 }, RangeError],
    ['a stableAfter that is not a number', { stableAfter: 'soon' as never }, TypeError],
    ['options that backoff rejects', { factor: 0 }, RangeError],
  ])('throws for %s, at the call', (_, options, kind) => {
    expect(() => reconnect(options)).toThrow(kind);
  });
});

describe('reconnect after connect', () => {
  const host = '127.0.0.1';
  let server: Server;
  let served = 0;
  afterEach(() => server.close({ timeout: 1 }));

  /** Ends its connections in each way in turn. */
  async function restlessServer(): Promise<Server> {
    served = 0;
    server = await startServer(
      async (connection) => {
        const visit = ++served;
        connection.writer.write(`${visit}\n`);
        await connection.writer.flush();
        if (visit % 3 === 1) connection.reset();
        else if (visit % 3 === 2) await connection.close();
        else await connection.reader.readLine();
      },
      { host, port: 0 },
    );
    return server;
  }

  it('as the last operator, survives resets and clean ends', async () => {
    const { port } = await restlessServer();
    const client = connect({ host, port: port! }).pipe(
      switchMap(({ reader, writer }) =>
        reader.pipe(
          lines(),
          tap((line) => Number(line) % 3 === 0 && writer.write('bye\n')),
        ),
      ),
      reconnect({ initial: 1 }),
      take(6),
      toArray(),
    );
    // A reset may lose the first line; the later ones arrive in any case.
    const got = await lastValueFrom(client);
    expect(got).toHaveLength(6);
    expect(new Set(got).size).toBe(6);
    expect(served).toBeGreaterThanOrEqual(6);
  });

  it.each<[string, (dialing: Observable<Connection>) => Observable<unknown>]>([
    ['last', (dialing) => dialing.pipe(read, reconnect({ initial: 1 }))],
    [
      'first',
      (dialing) =>
        dialing.pipe(
          reconnect({ initial: 1 }),
          switchMap(({ reader }) =>
            reader.pipe(
              lines(),
              catchError(() => EMPTY),
            ),
          ),
        ),
    ],
    [
      'after a promise',
      (dialing) =>
        dialing.pipe(
          switchMap(({ reader }) => reader.readAll()),
          reconnect({ initial: 1 }),
        ),
    ],
  ])('is ended for good by the signal of connect, %s', async (_, pipe) => {
    server = await startServer(({ writer }) => void writer.write('hello\n'), { host, port: 0 });
    const stop = new AbortController();
    const dialed = jest.fn();
    const dialing = connect({ host, port: portOf(server), signal: stop.signal }).pipe(tap(dialed));
    const outcome = new Promise((resolve) =>
      pipe(dialing).subscribe({ error: (error) => resolve(error), complete: () => resolve('complete') }),
    );
    await until('it is connected', () => dialed.mock.calls.length > 0);
    stop.abort();
    expect(await outcome).toBe('complete');
    expect(dialed).toHaveBeenCalledTimes(1);
  });

  it('is ended by the signal of connect during a wait', async () => {
    server = await startServer(({ writer }) => writer.close() as never, { host, port: 0 });
    const stop = new AbortController();
    const failed = jest.fn();
    const done = lastValueFrom(
      connect({ host, port: portOf(server), signal: stop.signal }).pipe(
        tap({ complete: failed }),
        read,
        reconnect({ initial: 3_600_000, jitter: 0 }),
      ),
      { defaultValue: 'ended' },
    );
    await until('the connection has ended', () => failed.mock.calls.length > 0);
    stop.abort();
    expect(await done).toBe('ended');
  });

  it('is ended by the signal of an openConnection that is called for each attempt', async () => {
    server = await startServer(({ writer }) => writer.close() as never, { host, port: 0 });
    const stop = new AbortController();
    let dials = 0;
    const done = lastValueFrom(
      of(1).pipe(
        switchMap(() => {
          dials++;
          return openConnection({ host, port: portOf(server), signal: stop.signal });
        }),
        switchMap(({ reader }) => reader.readAll()),
        tap(() => dials === 2 && stop.abort()),
        reconnect({ initial: 1 }),
      ),
      { defaultValue: undefined },
    );
    expect(await done).toHaveLength(0);
    expect(dials).toBe(2);
  });

  it('works with a plain retry, which ends too', async () => {
    server = await startServer(({ writer }) => void writer.write('hello\n'), { host, port: 0 });
    const stop = new AbortController();
    const delays: unknown[] = [];
    const done = lastValueFrom(
      connect({ host, port: portOf(server), signal: stop.signal }).pipe(
        read,
        tap(() => stop.abort(new Error('enough'))),
        retry({
          delay: (error) => {
            delays.push(error);
            return delays.length > 5 ? throwError(() => new Error('it goes on and on')) : timer(0);
          },
        }),
      ),
    );
    expect(await done).toBe('hello');
    expect(delays).toHaveLength(1);
  });

  it('dials a separate connection for each subscription', async () => {
    server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), { host, port: 0 });
    const client = connect({ host, port: portOf(server) }).pipe(reconnect());
    const ports = await Promise.all([1, 2].map(() => firstValueFrom(client.pipe(map(({ localPort }) => localPort)))));
    expect(ports[0]).not.toBe(ports[1]);
  });
});
