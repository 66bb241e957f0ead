// Proves, in virtual time, that mergeMapPausing behaves like RxJS's mergeMap with a concurrency, and that values that
// do not run yet wait in the reader, which is released at the end.
import {
  concat,
  delay,
  EMPTY,
  finalize,
  from,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  repeat,
  retry,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import { backpressure, lines, mergeMapPausing } from '../../src';
import { type MarbleHelpers, runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { handFedWriter } from '../support/handFedWriter';
import { record } from '../support/record';

describe('mergeMapPausing', () => {
  describe('like mergeMap', () => {
    it.each<[title: string, source: string, inner: string, emitted: string, subscribed: string]>([
      ['stays silent while the source does', '----', 'i|', '----', '^'],
      ['completes on an empty source', '--|', 'i|', '--|', '^-!'],
      ['runs one inner Observable', '-a---|', '-i|', '--i--|', '^----!'],
      ['runs two at a time', '-aa----|', '--i-|', '---ii--|', '^------!'],
      ['completes after the last inner Observable', '-a|', '--i--|', '---i--|', '^-!'],
      ['passes on an error of the source at once', '-a#', '--i', '--#', '^-!'],
      ['passes on an error of an inner Observable at once', '-a---a', '--#', '---#', '^--!'],
    ])('%s', (_, source, inner, emitted, subscribed) => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold(source);
        expectObservable(outer.pipe(mergeMapPausing(() => cold(inner), 2))).toBe(emitted);
        expectSubscriptions(outer.subscriptions).toBe(subscribed);
        const same = cold(source);
        expectObservable(same.pipe(mergeMap(() => cold(inner), 2))).toBe(emitted);
        expectSubscriptions(same.subscriptions).toBe(subscribed);
      });
    });

    it('passes the index to project, and accepts a promise or an iterable from it', async () => {
      expect(record(of('a', 'b').pipe(mergeMapPausing((value, index) => [value, `${index}`], 1))).seen).toEqual([
        'a',
        '0',
        'b',
        '1',
        '|',
      ]);
      const { seen } = record(of('a').pipe(mergeMapPausing(async (value) => value, 1)));
      await null;
      await null;
      expect(seen).toEqual(['a', '|']);
    });

    it('passes on an error that project throws, and stops', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold('-a-b');
        const throwing = () => {
          throw 'thrown';
        };
        expectObservable(outer.pipe(mergeMapPausing(throwing, 1))).toBe('-#', {}, 'thrown');
        expectSubscriptions(outer.subscriptions).toBe('^!');
      });
    });

    it('ends the source and the inner Observables when it is unsubscribed, between values and inside next', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold('-a--b');
        const inner = cold('--i-i');
        const merged = outer.pipe(mergeMapPausing(() => inner, 2));
        expectObservable(merged, '^---!').toBe('---i');
        expectObservable(merged.pipe(take(1))).toBe('---(i|)');
        expectSubscriptions(outer.subscriptions).toBe(['^---!', '^--!']);
        expectSubscriptions(inner.subscriptions).toBe(['-^--!', '-^-!']);
      });
    });

    it('can be subscribed again inside complete and error, and keeps no state', () => {
      runMarbles(({ cold, expectObservable }) => {
        const merged = (source: string) => cold(source).pipe(mergeMapPausing((value, index) => of(value + index), 1));
        expectObservable(merged('-a|').pipe(repeat(2))).toBe('-x-x|', { x: 'a0' });
        expectObservable(merged('-a#').pipe(retry(1))).toBe('-x-x#', { x: 'a0' });
      });
    });

    it('queues values that project emits to its own source', () => {
      const source = new Subject<string>();
      const { seen } = record(
        source.pipe(
          mergeMapPausing((value) => {
            if (value === 'a') source.next('b');
            return of(value);
          }, 2),
        ),
      );
      source.next('a');
      expect(seen).toEqual(['b', 'a']);
    });

    it('runs any number of inner Observables that complete at once, without a growing stack', () => {
      const { reader, push } = handFed();
      let count = 0;
      reader
        .pipe(
          mergeMap((chunk) => chunk),
          mergeMapPausing((byte) => (byte === 0 ? EMPTY : [byte]), 1),
        )
        .subscribe(() => count++);
      push(new Uint8Array(50_000).fill(1), new Uint8Array(50_000));
      expect(count).toBe(50_000);
    });
  });

  describe('holds the reader', () => {
    /** Runs a pipe from a reader on which a, b, c and d arrive in frames 0 to 3, and checks its marbles. */
    const run = (
      incoming: string,
      pipe: (values: Observable<string>, helpers: MarbleHelpers) => Observable<unknown>,
      emitted: string,
      left: [string, number][] = [],
      subscription?: string,
    ) =>
      runMarbles((helpers) => {
        const { connection, cold, expectObservable } = helpers;
        const near = connection(incoming);
        expectObservable(pipe(near.reader.pipe(asText), helpers), subscription).toBe(emitted);
        for (const [marble, count] of left) {
          expectObservable(cold(marble).pipe(map(() => near.reader.bufferedAmount))).toBe(marble, { x: count });
        }
      });
    const slowly = (value: string) => timer(5).pipe(map(() => value));

    it('while `concurrency` inner Observables run, and releases it for the next', () => {
      run('abcd-|', (values) => values.pipe(mergeMapPausing(slowly, 1)), '-----a----b----c----(d|)', [
        ['----x', 3],
        ['------x', 2],
      ]);
      run('abcd-|', (values) => values.pipe(mergeMapPausing(slowly, 3)), '-----abc--(d|)', [['----x', 1]]);
    });

    it('never without a limit', () => {
      run('abcd-|', (values) => values.pipe(mergeMapPausing(slowly, Number.POSITIVE_INFINITY)), '-----abc(d|)', [
        ['----x', 0],
      ]);
    });

    it('nearest in the pipe, after asynchronous operators', () => {
      run('a-bc', (values) => values.pipe(delay(1), mergeMapPausing(slowly, 1), take(2)), '------a-----(b|)', [
        ['----x', 2],
      ]);
    });

    it('and keeps the values that a synchronous operator made of one frame, in order', () => {
      const twice = mergeMap((value: string) => [value, value.toUpperCase()]);
      run('ab|', (values) => values.pipe(twice, mergeMapPausing(slowly, 1)), '-----a----A----b----(B|)', [['---x', 1]]);
    });

    it('that `source` names', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const near = connection('--a');
        expectObservable(cold('-x').pipe(mergeMapPausing(slowly, 1, { source: near.reader }))).toBe('------x');
        expectObservable(near.reader.pipe(asText)).toBe('------a');
      });
    });

    it.each<[string, (values: Observable<string>) => Observable<unknown>, string]>([
      ['it is unsubscribed', (values) => values.pipe(mergeMapPausing(() => NEVER, 1)), ''],
      [
        'a consumer unsubscribes',
        (values) =>
          values.pipe(
            mergeMapPausing((v) => concat(of(v), NEVER), 1),
            take(1),
          ),
        '(a|)',
      ],
      [
        'project throws',
        (values) =>
          values.pipe(
            mergeMapPausing(() => {
              throw 'error';
            }, 1),
          ),
        '#',
      ],
      [
        'an inner Observable errors',
        (values) =>
          values.pipe(
            mergeMapPausing(
              () =>
                timer(2).pipe(
                  tap(() => {
                    throw 'error';
                  }),
                ),
              1,
            ),
          ),
        '--#',
      ],
      [
        'a consumer throws',
        (values) =>
          values.pipe(
            mergeMapPausing((v) => concat(of(v), NEVER), 1),
            map(() => {
              throw 'error';
            }),
          ),
        '#',
      ],
    ])('only until %s: the rest is still there', (_, pipe, emitted) => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc');
        expectObservable(pipe(near.reader.pipe(asText)), '^---!').toBe(emitted);
        expectObservable(near.reader.pipe(asText), '---------^').toBe('---------(bc)');
      });
    });

    it('that ends or errors while it is held: the end comes after the bytes before it', () => {
      run('ab|', (values) => values.pipe(mergeMapPausing(slowly, 1)), '-----a----(b|)');
      run('ab#', (values) => values.pipe(mergeMapPausing(slowly, 1)), '-----a----(b#)');
    });

    it('for two mergeMapPausing in one pipe, with a gate after them', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc|');
        const to = connection('', {}, { highWaterMark: 1, pressure: 7 });
        const steps = near.reader.pipe(
          asText,
          mergeMapPausing((value) => timer(2).pipe(map(() => value)), 1),
          mergeMapPausing((value) => timer(3).pipe(map(() => value)), 1),
          backpressure(to.writer),
          tap((value) => void to.writer.write(value)),
        );
        expectObservable(steps).toBe('-----a-----------b-----------c------|');
      });
    });
  });

  describe('without a reader to hold', () => {
    it('errors when a value has to wait, not before', () => {
      const error = new TypeError(
        'Cannot hold the source back: no StreamReader is upstream; give { source }, or use mergeMap',
      );
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold('-ab-c');
        expectObservable(outer.pipe(mergeMapPausing(() => cold('----i|'), 2))).toBe('----#', {}, error);
        expectSubscriptions(outer.subscriptions).toBe('^---!');
        expectObservable(cold('a-b|').pipe(mergeMapPausing((value) => timer(1).pipe(map(() => value)), 1))).toBe(
          '-a-(b|)',
        );
        expectObservable(cold('ab').pipe(mergeMapPausing(() => NEVER, 1, { source: [] }))).toBe('-#', {}, error);
      });
    });

    it('finds the reader of a merged source by its running delivery', () => {
      runMarbles(({ connection, expectObservable }) => {
        const one = connection('a-b');
        const other = connection('-x-y');
        const slowly = (value: string) => timer(4).pipe(map(() => value));
        expectObservable(merge(one.reader, other.reader).pipe(asText, mergeMapPausing(slowly, 1))).toBe(
          '----a---x---b---y',
        );
      });
    });
  });

  it('keeps fifty thousand waiting values in linear time', () => {
    const { reader, push } = handFed();
    const results = new Subject<void>();
    let count = 0;
    reader
      .pipe(
        mergeMap((chunk) => chunk),
        mergeMapPausing(() => results.pipe(take(1)), 1),
      )
      .subscribe(() => count++);
    push(new Uint8Array(50_000));
    for (let i = 0; i < 50_000; i++) results.next();
    expect(count).toBe(50_000);
  });

  it.each([0, -1, 1.5, Number.NaN, null, undefined, '2'])(
    'throws for a concurrency of %p, at the call',
    (concurrency) => {
      expect(() => mergeMapPausing(() => EMPTY, concurrency as number)).toThrow(/concurrency/);
    },
  );

  it('throws at the call for a source that is not a reader', () => {
    const source = handFedWriter().writer as never;
    expect(() => mergeMapPausing(() => EMPTY, 1, { source })).toThrow(TypeError);
    expect(record(from(['a']).pipe(mergeMapPausing((value) => [value], 1, {}))).seen).toEqual(['a', '|']);
  });
});

describe('mergeMapPausing: unsubscribing', () => {
  it('ends the source, then the inner Observables, and releases the reader last', () => {
    const { reader, push } = handFed();
    const torn: string[] = [];
    const held = () => (reader.input.idle ? 'free' : 'held');
    const subscription = reader
      .pipe(
        lines(),
        finalize(() => torn.push(`source, ${held()}`)),
        mergeMapPausing(() => NEVER.pipe(finalize(() => torn.push(`inner, ${held()}`))), 1),
      )
      .subscribe();
    push('a\nb\n');
    subscription.unsubscribe();
    expect(torn).toEqual(['source, held', 'inner, held']);
    expect(held()).toBe('free');
  });
});
