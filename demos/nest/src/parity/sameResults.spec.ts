import 'reflect-metadata';
import { EMPTY, firstValueFrom, lastValueFrom, merge, type Observable, of, take, toArray } from 'rxjs';
import { catchError, timeout } from 'rxjs/operators';
import { PerRequest, Seen, Service } from './Service.js';
import { type Service as Served, serve, transports } from './transports.js';

// The behaviours of Nest that both transports share: one list, run against each.

describe.each(transports)('$name', (transport) => {
  let served: Served;
  let seen: Seen;

  beforeAll(async () => {
    seen = new Seen();
    const providers = [{ provide: Seen, useValue: seen }];
    served = await serve(transport, { controllers: [Service, PerRequest], providers });
  });

  afterAll(async () => {
    seen.stop$.next();
    await served.close();
  });

  const ask = (pattern: unknown, data: unknown): Observable<unknown> => served.client.send(pattern, data);
  const all = (pattern: unknown, data: unknown) => lastValueFrom(ask(pattern, data).pipe(toArray()));
  /** The values, then the error. */
  const outcome = (pattern: unknown, data: unknown) =>
    lastValueFrom(
      ask(pattern, data).pipe(
        catchError((error: unknown) => of({ error })),
        toArray(),
      ),
    );

  describe('a request', () => {
    it('is answered by the handler of its pattern', async () => expect(await all('sum', [1, 2, 3])).toEqual([6]));

    it('has a pattern that is an object, its keys in any order', async () => {
      expect(await all({ cmd: 'greet', lang: 'en' }, 'Ann')).toEqual(['Hello Ann']);
      expect(await all({ lang: 'en', cmd: 'greet' }, 'Ann')).toEqual(['Hello Ann']);
    });

    it.each([['text ü € 🙂 # \n'], [{ deep: [{ a: null, b: [1.5, -0.25] }] }], [[]], [0], [''], [false]])(
      'carries %j and back',
      async (data) => expect(await all('echo', data)).toEqual([data]),
    );

    it.each([
      ['zero', 0],
      ['empty', ''],
      ['no', false],
      ['nothing', null],
    ])('is answered with a falsy value: %s', async (which, value) =>
      expect(await all('falsy', which)).toEqual([value]),
    );

    it('carries 100 KiB and back', async () => {
      const text = 'x'.repeat(100 * 1024);
      expect(await all('echo', text)).toEqual([text]);
    });

    it.each([
      ['sum', null],
      ['sum', undefined],
      [null, 1],
    ])('needs a pattern and data: %j, %j', async (pattern, data) => {
      const [{ error }] = (await outcome(pattern, data)) as [{ error: Error }];
      expect(error.constructor.name).toBe('InvalidMessageException');
    });

    it('is sent by subscribing, once for each subscription', async () => {
      const before = seen.events.length;
      const request = ask('held', 'x').pipe(timeout({ each: 10_000 }));
      expect(seen.events.length).toBe(before);
      const both = lastValueFrom(merge(request, request).pipe(toArray()));
      await firstValueFrom(seen.event$.pipe(take(2), toArray()));
      for (const [i, resolve] of seen.held.splice(0).entries()) resolve(`answer ${i}`);
      expect((await both).sort()).toEqual(['answer 0', 'answer 1']);
    });

    it('does not wait for a slower one', async () => {
      const arrived = firstValueFrom(seen.event$);
      const slow = all('held', 'slow');
      await arrived;
      expect(await all('sum', [1, 1])).toEqual([2]);
      seen.held.splice(0)[0]?.('done');
      expect(await slow).toEqual(['done']);
    });

    it('is one of 1,000 at once, each with its own answer', async () => {
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      expect(await Promise.all(numbers.map((n) => firstValueFrom(ask('sum', [n, 1]))))).toEqual(
        numbers.map((n) => n + 1),
      );
    });
  });

  it('500 large answers at once are all sent', async () => {
    const answers = await Promise.all(Array.from({ length: 500 }, () => firstValueFrom(ask('large', 64 * 1024))));
    expect(answers.map((answer) => (answer as string).length)).toEqual(Array(500).fill(64 * 1024));
  });

  describe('a stream', () => {
    it('is an Observable with many values, in order', async () =>
      expect(await all('count', 500)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1)));

    it('has values of several turns', async () => expect(await all('pairs', {})).toEqual([1, 2, 3, 4]));

    it('may be empty', async () => expect(await all('nothing', {})).toEqual([]));

    it('of a handler without an answer is empty', async () => expect(await all('undefined', {})).toEqual([]));

    it('may be left with take', async () =>
      expect(await lastValueFrom(ask('ticks', {}).pipe(take(3), toArray()))).toEqual([0, 1, 2]));

    it('of many at once keeps apart from the others', async () => {
      const streams = Array.from({ length: 50 }, (_, i) => all('count', i));
      expect((await Promise.all(streams)).map((values) => values.length)).toEqual(
        Array.from({ length: 50 }, (_, i) => i),
      );
    });
  });

  describe('a failure', () => {
    it.each([
      ['text', [{ error: { status: 'error', message: 'a text' } }]],
      ['object', [{ error: { code: 7, hint: 'an object' } }]],
      ['error', [{ error: { status: 'error', message: 'Internal server error' } }]],
      ['rejection', [{ error: { status: 'error', message: 'rejected' } }]],
      ['stream', [1, 2, { error: { status: 'error', message: 'after two' } }]],
    ])('of a handler: %s', async (how, expected) => expect(await outcome('fail', how)).toEqual(expected));

    it('is made by a filter', async () =>
      expect(await outcome('filtered', {})).toEqual([{ error: { status: 'error', message: 'by the filter' } }]));

    it('of a guard', async () =>
      expect(await outcome('guarded', {})).toEqual([{ error: { status: 'error', message: 'Forbidden resource' } }]));

    it('of a pipe', async () => {
      expect(await outcome('piped', { n: '41' })).toEqual([42]);
      expect(await outcome('piped', { n: 'x' })).toEqual([
        { error: { status: 'error', message: 'Internal server error' } },
      ]);
    });

    it('of a pattern without a handler', async () =>
      expect(await outcome('nobody', {})).toEqual([
        { error: 'There is no matching message handler defined in the remote service.' },
      ]));

    it('leaves the connection as it is', async () => {
      await outcome('fail', 'error');
      expect(await all('sum', [2, 2])).toEqual([4]);
    });

    it('by timeout of RxJS leaves the others', async () => {
      const arrived = firstValueFrom(seen.event$);
      const slow = lastValueFrom(ask('held', 'slow').pipe(timeout({ each: 5, with: () => EMPTY }), toArray()));
      await arrived;
      expect(await slow).toEqual([]);
      seen.held.splice(0)[0]?.('too late');
      expect(await all('sum', [2, 3])).toEqual([5]);
    });
  });

  describe('around a handler', () => {
    it('an interceptor sees each value', async () => expect(await all('doubled', 4)).toEqual([8, 10]));

    it('the context has the pattern', async () => expect(await all('context', {})).toEqual([{ pattern: 'context' }]));

    it('a controller in the scope of the request is made for each', async () => {
      expect(await all('calls', {})).toEqual([1]);
      expect(await all('calls', {})).toEqual([1]);
    });
  });

  describe('an event', () => {
    it('reaches its handler, and has no answer', async () => {
      const arrived = firstValueFrom(seen.event$);
      expect(await lastValueFrom(served.client.emit('noted', { n: 1 }), { defaultValue: undefined })).toBeUndefined();
      expect(await arrived).toEqual({ n: 1 });
    });

    it('is sent without a subscription', async () => {
      const arrived = firstValueFrom(seen.event$);
      served.client.emit('noted', 'hot');
      expect(await arrived).toBe('hot');
    });

    it('reaches all its handlers', async () => {
      const arrived = firstValueFrom(seen.event$.pipe(take(2), toArray()));
      served.client.emit('both', 1);
      expect((await arrived).sort()).toEqual([
        ['first', 1],
        ['second', 1],
      ]);
    });

    it('keeps its order', async () => {
      const arrived = firstValueFrom(seen.event$.pipe(take(100), toArray()));
      for (let i = 0; i < 100; i++) served.client.emit('noted', i);
      expect(await arrived).toEqual(Array.from({ length: 100 }, (_, i) => i));
    });

    it.each(['nobody', 'failing'])('without a handler that works harms nothing: %s', async (pattern) => {
      served.client.emit(pattern, {});
      expect(await all('sum', [3, 3])).toEqual([6]);
    });
  });
});
