// Proves that the recipes of the documents work under the conditions that they are for.
import { getEventListeners } from 'node:events';
import { catchError, EMPTY, type Observable, Subject, switchMap, tap } from 'rxjs';
import {
  type Connection,
  connect,
  type ListenOptions,
  lines,
  openConnection,
  reconnect,
  type Server,
  startServer,
} from '../../src';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { silentAddress } from '../support/silentAddress';
import { busy, turns, until } from '../support/until';

const host = '127.0.0.1';

describe('a client of a server that restarts', () => {
  const WAITS = { initial: 1, max: 5 };
  const shapes: Record<string, (dialing: Observable<Connection>, seen: Subject<unknown>) => Observable<unknown>> = {
    'reads above reconnect': (dialing, seen) =>
      dialing.pipe(
        switchMap(({ reader }) => reader.pipe(lines())),
        tap({ error: (error) => seen.next(error), complete: () => seen.next('end') }),
        reconnect(WAITS),
      ),
    'reads below reconnect and catches errors': (dialing, seen) =>
      dialing.pipe(
        tap({ error: (error) => seen.next(error), complete: () => seen.next('end') }),
        reconnect(WAITS),
        switchMap((connection) =>
          connection.reader.pipe(
            lines(),
            catchError((error) => {
              connection.destroy(error);
              return EMPTY;
            }),
          ),
        ),
      ),
  };
  const endings: Record<string, (connection: Connection) => void> = {
    'closes its connections': (connection) => void connection.close(),
    'resets its connections': (connection) => connection.reset(),
  };

  for (const [shape, pipe] of Object.entries(shapes)) {
    for (const [ending, end] of Object.entries(endings)) {
      it(`${shape}, and continues when the server ${ending}`, async () => {
        let visitors: Connection[] = [];
        const serve = (name: string, options: ListenOptions) =>
          startServer((connection) => {
            visitors.push(connection);
            connection.writer.write(`${name}\n`);
          }, options);
        let server = await serve('first', { host, port: 0 });
        const { port } = server;
        const seen = new Subject<unknown>();
        const got: string[] = [];
        const ends: unknown[] = [];
        const failed = jest.fn();
        seen.subscribe((value) => ends.push(value));
        const client = pipe(connect({ host, port: port! }), seen).subscribe({
          next: (line) => got.push(line as string),
          error: failed,
          complete: failed,
        });

        for (const name of ['second', 'third']) {
          await until('it is served', () => got.length > 0 && ends.length === 0);
          const before = visitors;
          visitors = [];
          const stopped = server.close();
          for (const visitor of before) end(visitor);
          await stopped;
          // There is no server for a while.
          await until('it has dialed in vain', () =>
            ends.some((error) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'),
          );
          expect(failed).not.toHaveBeenCalled();
          got.length = 0;
          server = await serve(name, { host, port: port! });
          await until('it is served again', () => got.length > 0);
          expect(got).toEqual([name]);
          ends.length = 0;
        }
        client.unsubscribe();
        await server.close({ timeout: 1 });
        expect(failed).not.toHaveBeenCalled();
      });
    }
  }
});

describe('a name with several addresses', () => {
  const lookupOf = (...addresses: string[]) =>
    ((_host: string, _options: object, found: (error: null, all: object[]) => void) =>
      found(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )) as never;

  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('is reached within 250 ms even if its first address is dead', async () => {
    const silent = await silentAddress();
    const { port } = silent;
    const server: Server = await startServer(({ writer }) => void writer.write('here\n'), { host: '127.0.0.2', port });
    const opening = openConnection({
      host: 'two.example',
      port,
      lookup: lookupOf(host, '127.0.0.2'),
      connectTimeout: 5000,
      // Node's own default is 500 ms from 26 on.
      autoSelectFamilyAttemptTimeout: 250,
    });
    await turns(5);
    jest.advanceTimersByTime(250);
    const connection = await opening;
    const { reader, remoteAddress } = connection;
    expect(remoteAddress).toBe('127.0.0.2');
    expect(`${await reader.readLine()}`).toBe('here\n');
    expect(jest.getTimerCount()).toBe(0);
    connection.destroy();
    server.abortClients();
    await server.close();
    await silent.close();
  });

  it('gets the whole connectTimeout even if its other address refuses', async () => {
    const silent = await silentAddress();
    const { port } = silent;
    const settled = jest.fn();
    const lookup = lookupOf(host, '127.0.0.2');
    const opening = failureOf(
      openConnection({ host: 'two.example', port, lookup, connectTimeout: 5000, autoSelectFamilyAttemptTimeout: 10 }),
    );
    void opening.then(settled);
    await turns(5);
    // The second address is tried, and refuses; the attempt on the first one goes on, also by no other clock.
    jest.advanceTimersByTime(10);
    busy(15);
    await turns(20);
    jest.advanceTimersByTime(4989);
    await turns(5);
    expect(settled).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(await opening).toMatchObject({ what: 'connect', timeout: 5000 });
    expect(jest.getTimerCount()).toBe(0);
    await silent.close();
  });
});

describe('a deploy', () => {
  it('ends eleven idle clients and completes requests, with one listener on its signal', async () => {
    const draining = new AbortController();
    const server = await startServer(
      async ({ reader, writer }) => {
        for (;;) {
          const request = await reader.readLine({ signal: draining.signal }).catch((error) => {
            if (draining.signal.aborted) return Buffer.alloc(0);
            throw error;
          });
          if (request.length === 0) return;
          writer.write(`done: ${request}`);
          await writer.drain();
        }
      },
      { host, port: 0 },
    );
    const clients = await Promise.all(
      Array.from({ length: 11 }, () => openConnection({ host, port: portOf(server), halfOpen: false })),
    );
    for (const { writer } of clients) writer.write('work\n');
    for (const { reader } of clients) expect(`${await reader.readLine()}`).toBe('done: work\n');
    await turns(1);
    // Node warns of a leak from the eleventh listener on.
    expect(getEventListeners(draining.signal, 'abort')).toHaveLength(1);

    const before = process.listenerCount('SIGTERM');
    const servers = await Promise.all(Array.from({ length: 10 }, () => startServer(() => {}, { host, port: 0 })));
    const serving = [server, ...servers].map((each) => each.serveForever({ signal: draining.signal }));
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    expect(getEventListeners(draining.signal, 'abort')).toHaveLength(1);

    draining.abort();
    for (const { reader, closed } of clients) {
      expect(await reader.readLine()).toHaveLength(0);
      expect(await closed).toEqual({ by: 'peer' });
    }
    await Promise.all(serving);
    expect(getEventListeners(draining.signal, 'abort')).toEqual([]);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
