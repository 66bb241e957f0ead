// Proves that every request is answered by its own handler, in order or as it is ready, with no more at work than allowed, held by
// a peer that does not read, and that a handler that fails is told.
import { firstValueFrom, map, type Observable, of, Subject, throwError, timer, toArray } from 'rxjs';
import {
  BufferOverflowError,
  type Connection,
  connect,
  connectionPair,
  framed,
  ndjson,
  type RepliesOptions,
  replies,
  startServer,
} from '../../src';
import { runMarbles } from '../../src/testing';
import { failureOf } from '../support/failureOf';
import { turns, until } from '../support/until';

type Handler = (request: string) => unknown;

describe('replies', () => {
  let near: Connection;
  let far: Connection;

  beforeEach(() => {
    [near, far] = connectionPair();
  });

  afterEach(async () => {
    near.destroy();
    far.destroy();
    await Promise.all([near.closed, far.closed]);
  });

  /** What comes back for these requests, after which the peer ends. */
  async function answersTo(requests: string[], handler: Handler, options?: RepliesOptions<string, string>) {
    const served = firstValueFrom(replies<string, string>(near, ndjson(), handler as never, options).pipe(toArray()));
    const answers = firstValueFrom(framed<string>(far, ndjson()).pipe(toArray()));
    for (const request of requests) framed<string>(far, ndjson()).next(request);
    far.writer.writeEof();
    const written = await served;
    near.writer.close();
    const read = await answers;
    expect(read).toEqual(written);
    return read;
  }

  it.each<[string, Handler, string[]]>([
    ['a value', (request) => `${request}!`, ['a!', 'b!']],
    ['a promise', async (request) => `${request}!`, ['a!', 'b!']],
    ['an Observable of several', (request) => of(`${request}1`, `${request}2`), ['a1', 'a2', 'b1', 'b2']],
    ['a promise of an Observable', async (request) => of(`${request}1`, `${request}2`), ['a1', 'a2', 'b1', 'b2']],
    [
      'an async iterable',
      async function* (request) {
        yield `${request}1`;
        yield `${request}2`;
      },
      ['a1', 'a2', 'b1', 'b2'],
    ],
    ['undefined, for no reply', (request) => (request === 'a' ? undefined : 'B'), ['B']],
    ['a promise of undefined', async (request) => (request === 'a' ? undefined : 'B'), ['B']],
    ['an empty Observable', (request) => (request === 'a' ? of() : 'B'), ['B']],
    ['null, which is a value', () => null, [null, null] as never],
  ])('sends what a handler returns: %s', async (_, handler, expected) => {
    expect(await answersTo(['a', 'b'], handler)).toEqual(expected);
  });

  it('calls one handler at a time, and holds the reader meanwhile', async () => {
    const called: string[] = [];
    const work = new Subject<string>();
    const serving = replies<string, string>(near, ndjson(), (request) => {
      called.push(request);
      return firstValueFrom(work);
    }).subscribe();
    far.writer.write('"a"\n"b"\n');
    await until('the first is called', () => called.length > 0);
    await turns(3);
    expect(called).toEqual(['a']);
    expect(near.reader.bufferedAmount).toBe(4);
    work.next('A');
    await until('the second is called', () => called.length > 1);
    serving.unsubscribe();
  });

  describe('with concurrency', () => {
    /** Requests are times that they take; what comes back, and when. */
    const run = (options: RepliesOptions<number, string>, expected: string) => {
      runMarbles(({ connection, expectObservable }) => {
        const side = connection('a', { a: '7\n2\n4\n' });
        const handler = (time: number) => timer(time).pipe(map(() => `${time}`));
        expectObservable(replies<number, string>(side, ndjson(), handler, options)).toBe(expected);
      });
    };

    it('of 1: one after the other', () => run({}, '-------7-2---4'));

    it('in order: an Observable is subscribed to when its turn has come', () =>
      run({ concurrency: 2 }, '-------7-2---4'));

    it('not in order: each as soon as it is there, and no more at once', () => {
      run({ concurrency: 2, inOrder: false }, '--2---47');
      run({ concurrency: 3, inOrder: false }, '--2-4--7');
    });

    it('in order: promises are made at once, and their replies keep their order', async () => {
      const called: string[] = [];
      const works = new Map(['a', 'b', 'c'].map((name) => [name, new Subject<string>()]));
      const seen: string[] = [];
      const serving = replies<string, string>(
        near,
        ndjson(),
        (request) => {
          called.push(request);
          return firstValueFrom(works.get(request) as Subject<string>);
        },
        { concurrency: 2 },
      ).subscribe((reply) => seen.push(reply));
      far.writer.write('"a"\n"b"\n"c"\n');
      await until('two are called', () => called.length === 2);
      works.get('b')?.next('B');
      await turns(3);
      expect([called, seen]).toEqual([['a', 'b'], []]);
      works.get('a')?.next('A');
      await until('both are answered', () => seen.length === 2);
      expect(seen).toEqual(['A', 'B']);
      await until('the third is called', () => called.length === 3);
      serving.unsubscribe();
    });

    it('of any number: ten thousand that are answered by the first, without a growing stack', async () => {
      const first = new Subject<string>();
      const handler = (request: string) => (request === '0' ? firstValueFrom(first) : Promise.resolve(request));
      const answers = answersTo(
        Array.from({ length: 10_000 }, (_, i) => `${i}`),
        handler,
        { concurrency: Number.POSITIVE_INFINITY },
      );
      await turns(20);
      first.next('0');
      expect((await answers).length).toBe(10_000);
    });
  });

  describe('under pressure of a peer that does not read', () => {
    beforeEach(() => {
      near.destroy();
      far.destroy();
      [near, far] = connectionPair({ highWaterMark: 100, capacity: 100, limit: 100, maxQueued: 10_000 });
    });

    it('calls no more handlers', async () => {
      let called = 0;
      const serving = replies<string, string>(near, ndjson(), () => {
        called++;
        return 'x'.repeat(50);
      }).subscribe();
      const requests = framed<string>(far, ndjson());
      for (let i = 0; i < 200; i++) requests.next('a');
      await turns(10);
      const before = called;
      expect(before).toBeLessThan(20);
      await turns(10);
      expect(called).toBe(before);
      const answers = framed<string>(far, ndjson()).subscribe();
      await until('all are answered', () => called === 200);
      answers.unsubscribe();
      serving.unsubscribe();
    });

    it('asks an async iterable for no more, and ends it when unsubscribed', async () => {
      let made = 0;
      let ended = false;
      async function* rows() {
        try {
          for (;;) yield `${'x'.repeat(20)}${made++}`;
        } finally {
          ended = true;
        }
      }
      const serving = replies<string, string>(near, ndjson(), rows).subscribe();
      far.writer.write('"a"\n');
      await turns(30);
      const before = made;
      expect(before).toBeGreaterThan(1);
      expect(before).toBeLessThan(50);
      await turns(10);
      expect(made).toBe(before);
      serving.unsubscribe();
      await until('the iterable has ended', () => ended);
    });

    it('fails with a BufferOverflowError for an Observable that has too much', async () => {
      const rows = () => of(...Array.from({ length: 1000 }, () => 'x'.repeat(20)));
      const failed = failureOf(firstValueFrom(replies<string, string>(near, ndjson(), rows).pipe(toArray())));
      far.writer.write('"a"\n');
      expect(await failed).toBeInstanceOf(BufferOverflowError);
    });
  });

  describe('when a handler fails', () => {
    const failing: [string, Handler][] = [
      [
        'throws',
        () => {
          throw new Error('no');
        },
      ],
      ['rejects', () => Promise.reject(new Error('no'))],
      ['returns an Observable that fails', () => throwError(() => new Error('no'))],
      [
        'returns an iterable that fails',
        async function* () {
          yield* [];
          throw new Error('no');
        },
      ],
    ];

    it.each(failing)('as it %s: an error, after what was answered before', async (_, handler) => {
      const seen: unknown[] = [];
      const done = new Promise<unknown>((resolve) => {
        replies<string, string>(near, ndjson(), ((request: string) =>
          request === 'a' ? 'A' : handler(request)) as never).subscribe({
          next: (reply) => seen.push(reply),
          error: resolve,
        });
      });
      far.writer.write('"a"\n"b"\n"c"\n');
      expect(await done).toEqual(new Error('no'));
      expect(seen).toEqual(['A']);
      expect(near.ended).toBeUndefined();
    });

    it.each(failing)('as it %s: onError makes a reply of it, and the next is answered', async (_, handler) => {
      const onError = (error: unknown, request: string) => `${request}: ${(error as Error).message}`;
      const some = (request: string) => (request === 'b' ? 'B' : handler(request));
      expect(await answersTo(['a', 'b'], some, { onError })).toEqual(['a: no', 'B']);
    });

    it('and onError throws: that is the error', async () => {
      const onError = () => {
        throw new Error('twice');
      };
      const [[, handler]] = failing as [[string, Handler]];
      const failed = failureOf(
        firstValueFrom(replies<string, string>(near, ndjson(), handler as never, { onError }) as Observable<string>),
      );
      far.writer.write('"a"\n');
      expect(await failed).toEqual(new Error('twice'));
    });

    it('in a server: the connection is destroyed, and the failure reported once', async () => {
      const server = await startServer(
        (connection) =>
          replies<string, string>(connection, ndjson(), () => {
            throw new Error('no');
          }),
        { host: '127.0.0.1', port: 0 },
      );
      const reported: unknown[] = [];
      server.errors.subscribe(({ error }) => reported.push(error));
      const client = connect({ host: '127.0.0.1', port: server.port as number }).subscribe({
        next: ({ writer }) => writer.write('"a"\n'),
        error: () => {},
      });
      await until('it is reported', () => reported.length > 0);
      await turns(5);
      expect(reported).toEqual([new Error('no')]);
      client.unsubscribe();
      await server.close();
    });
  });

  it.each<[string, () => AsyncIterable<string>]>([
    [
      'has no iterator',
      () => ({
        [Symbol.asyncIterator]() {
          throw new Error('why');
        },
      }),
    ],
    [
      'throws instead of a promise',
      () => ({
        [Symbol.asyncIterator]: () => ({
          next() {
            throw new Error('why');
          },
        }),
      }),
    ],
  ])('fails with an async iterable that %s, made at once or by a promise', async (_, iterable) => {
    for (const handler of [iterable, async () => iterable()]) {
      const [one, other] = connectionPair();
      const failed = failureOf(firstValueFrom(replies<string, string>(one, ndjson(), handler)));
      other.writer.write('"a"\n');
      expect(await failed).toEqual(new Error('why'));
      one.destroy();
      other.destroy();
    }
  });

  it('leaves an async iterable whose return() throws', async () => {
    const handler = () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => {}),
        return(): Promise<IteratorResult<string>> {
          throw new Error('why');
        },
      }),
    });
    const serving = replies<string, string>(near, ndjson(), handler).subscribe();
    far.writer.write('"a"\n');
    await turns(3);
    expect(() => serving.unsubscribe()).not.toThrow();
  });

  it('fails with what the codec refuses', async () => {
    const failed = failureOf(firstValueFrom(replies<string, bigint>(near, ndjson(), () => 1n)));
    far.writer.write('"a"\n');
    expect(await failed).toBeInstanceOf(TypeError);
  });

  it('answers nothing any more once it is unsubscribed, and leaves what is unread', async () => {
    const works = [new Subject<string>(), new Subject<string>()];
    let called = 0;
    const serving = replies<string, string>(near, ndjson(), () => works[called++] as Subject<string>, {
      concurrency: 2,
    }).subscribe();
    far.writer.write('"a"\n"b"\n"c"\n');
    await until('two are called', () => called === 2);
    serving.unsubscribe();
    for (const work of works) work.next('late');
    await turns(3);
    expect(far.reader.bufferedAmount).toBe(0);
    expect(`${await near.reader.readLine()}`).toBe('"c"\n');
  });

  it('keeps our side of connect open until all is answered, though the peer has ended', async () => {
    let heard = '';
    const server = await startServer(
      async ({ reader, writer }) => {
        writer.write('"a"\n"b"\n');
        writer.writeEof();
        heard = `${await reader.readAll()}`;
      },
      { host: '127.0.0.1', port: 0 },
    );
    const answers = connect({ host: '127.0.0.1', port: server.port as number });
    await new Promise<void>((resolve, reject) => {
      answers.subscribe({
        next: (connection) =>
          replies<string, string>(
            connection,
            ndjson(),
            async (request) => {
              await turns(3);
              return request.toUpperCase();
            },
            { concurrency: 4 },
          ).subscribe({ error: reject }),
        complete: resolve,
        error: reject,
      });
    });
    await server.close();
    expect(heard).toBe('"A"\n"B"\n');
  });

  it.each<[string, RepliesOptions<string, string>, string]>([
    ['a concurrency of 0', { concurrency: 0 }, 'Cannot use 0 as concurrency'],
    ['inOrder that is no boolean', { inOrder: 1 as never }, 'Cannot use 1 as inOrder'],
    ['onError that is no function', { onError: 1 as never }, 'Cannot use a value of type number as onError'],
  ])('refuses %s', (_, options, message) => {
    expect(() => replies<string, string>(near, ndjson(), () => '', options)).toThrow(message);
  });

  it('refuses what is no handler', () => {
    expect(() => replies(near, ndjson(), 1 as never)).toThrow('Cannot use a value of type number as handler');
  });
});
