// Proves when connect() reports the end: after all bytes that had arrived were delivered, or when no read is left.
import type { Socket } from 'node:net';
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  mergeMap,
  NEVER,
  type Observable,
  switchMap,
  tap,
} from 'rxjs';
import {
  backpressure,
  type Connection,
  type ConnectOptions,
  concatMapPausing,
  connect,
  connectionPair,
  eachValueFrom,
  lines,
} from '../../src';
import { connectTo, runMarbles } from '../../src/testing';
import { type RawServer, rawServer } from '../support/rawServer';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

describe('connect() to a peer that sends five lines and ends', () => {
  let peer: RawServer;
  let seen: string[];
  let near: Connection | undefined;
  let release: () => void;
  let work: (line: string) => Promise<string>;

  beforeEach(async () => {
    seen = [];
    near = undefined;
    peer = await rawServer((socket) => socket.write('1\n2\n3\n4\n5\n'));
    const opened = new Promise<void>((resolve) => {
      release = resolve;
    });
    work = async (line) => {
      await opened;
      await turns(2);
      seen.push(line);
      return line;
    };
  });

  afterEach(() => peer.close());

  async function dial(
    pipe: (connection: Connection) => Observable<unknown>,
    options: Partial<ConnectOptions> = {},
  ): Promise<() => void> {
    const dialed = connect({ host, port: peer.port, ...options }).pipe(
      tap((connection) => {
        near = connection;
      }),
      switchMap(pipe),
    );
    const subscription = dialed.subscribe({
      error: (error: NodeJS.ErrnoException) => seen.push(error.code ?? error.message),
      complete: () => seen.push('|'),
    });
    await until('the lines have arrived', () => near?.bytesRead === 10);
    return () => subscription.unsubscribe();
  }

  const reset = (socket: Socket | undefined) => void socket?.resetAndDestroy();
  const read: [string, (connection: Connection) => Observable<unknown>][] = [
    ['concatMapPausing', ({ reader }) => reader.pipe(lines(), concatMapPausing(work))],
    [
      'a loop',
      ({ reader }) =>
        from(
          (async () => {
            for await (const line of eachValueFrom(reader.pipe(lines()))) await work(line);
          })(),
        ),
    ],
    [
      'a loop of promises that never waits for anything else',
      ({ reader }) =>
        defer(async () => {
          for (;;) {
            await Promise.resolve();
            const line = await reader.readLine();
            seen.push(`${line}`.trim());
            if (line.length === 0) return;
          }
        }),
    ],
  ];
  it.each(read)('errors after all lines went through %s, when the peer resets', async (_, pipe) => {
    await dial(pipe);
    reset(peer.sockets[0]);
    await near!.closed;
    release();
    await until('it is reported', () => seen.includes('ECONNRESET'));
    await turns(2);
    expect(seen).toEqual(['1', '2', '3', '4', '5', 'ECONNRESET']);
  });

  it('errors after all lines also when the read takes the error for an end', async () => {
    await dial(({ reader }) =>
      reader.pipe(
        lines(),
        concatMapPausing(work),
        catchError(() => EMPTY),
      ),
    );
    reset(peer.sockets[0]);
    await near!.closed;
    release();
    await until('it is reported', () => seen.includes('ECONNRESET'));
    expect(seen).toEqual(['1', '2', '3', '4', '5', 'ECONNRESET']);
  });

  it('completes after all lines when we close', async () => {
    await dial(({ reader }) => reader.pipe(lines(), concatMapPausing(work)));
    const closing = near!.close();
    peer.sockets[0]!.end();
    await closing;
    await turns(2);
    expect(seen).toEqual([]);
    release();
    await until('it is reported', () => seen.includes('|'));
    expect(seen).toEqual(['1', '2', '3', '4', '5', '|']);
  });

  it.each<[string, (connection: Connection) => Observable<unknown>]>([
    ['nothing has read', () => NEVER],
    ['a finished read took some lines', ({ reader }) => from(reader.readLine()).pipe(concatMap(() => NEVER))],
  ])('errors at once when %s', async (_, pipe) => {
    await dial(pipe);
    reset(peer.sockets[0]);
    await near!.closed;
    await turns(3);
    expect(seen).toEqual(['ECONNRESET']);
  });

  it('errors once a held reader is released and nobody reads', async () => {
    await dial(() => NEVER);
    const letGo = near!.reader.pause();
    reset(peer.sockets[0]);
    await near!.closed;
    await turns(3);
    expect(seen).toEqual([]);
    letGo();
    await turns(3);
    expect(seen).toEqual(['ECONNRESET']);
  });

  it.each(['before', 'after'] as const)(
    'errors at once when its signal aborts, %s the connection has ended',
    async (when) => {
      const controller = new AbortController();
      let unsubscribed = 0;
      await dial(
        ({ reader }) =>
          reader.pipe(
            lines(),
            concatMapPausing(work),
            finalize(() => unsubscribed++),
          ),
        {
          signal: controller.signal,
        },
      );
      if (when === 'after') reset(peer.sockets[0]);
      else controller.abort(new Error('enough'));
      await near!.closed;
      await turns(3);
      if (when === 'after') {
        expect(seen).toEqual([]);
        controller.abort(new Error('enough'));
      }
      expect(seen).toEqual(['enough']);
      expect(unsubscribed).toBe(1);
    },
  );

  it('does not notify a subscriber that has unsubscribed', async () => {
    const unsubscribe = await dial(({ reader }) => reader.pipe(lines(), concatMapPausing(work)));
    reset(peer.sockets[0]);
    await near!.closed;
    unsubscribe();
    release();
    await turns(5);
    expect(seen).toEqual(['1']);
  });

  it('errors after all lines when another writer holds the reader', async () => {
    const [other, far] = connectionPair({ highWaterMark: 1 });
    other.writer.write(Buffer.alloc(1024 * 1024));
    await dial(({ reader }) =>
      reader.pipe(
        lines(),
        backpressure(other.writer),
        tap((line) => seen.push(line)),
      ),
    );
    reset(peer.sockets[0]);
    await near!.closed;
    await turns(3);
    expect(seen).toEqual([]);
    far.reader.subscribe({ error: () => {} });
    await until('it is reported', () => seen.includes('ECONNRESET'));
    expect(seen).toEqual(['1', '2', '3', '4', '5', 'ECONNRESET']);
    other.destroy();
    far.destroy();
  });
});

describe('connectTo()', () => {
  it('reports the end after the bytes that had arrived, too', () => {
    runMarbles(({ cold, connection, expectObservable }) => {
      const dial = connectTo(() => connection('a--#', { a: '1\n2\n3\n' }));
      const slow = (line: string) => cold(`--(${line}|)`);
      expectObservable(dial.pipe(mergeMap(({ reader }) => reader.pipe(lines(), concatMapPausing(slow))))).toBe(
        '--1-2-(3#)',
        undefined,
        expect.objectContaining({ code: 'ECONNRESET' }),
      );
    });
  });
});
