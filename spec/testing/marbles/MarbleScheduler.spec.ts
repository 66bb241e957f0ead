// Proves that a MarbleScheduler is a TestScheduler that keeps emitted bytes, compares bytes, and reports wrong use.
import { AssertionError } from 'node:assert';
import { defer, interval, map, NEVER, of, take, throwError, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { IncompleteReadError } from '../../../src';
import { assertMarbles, type MarbleHelpers, MarbleScheduler, runMarbles } from '../../../src/testing';
import { thrownBy } from '../../support/thrownBy';

describe('MarbleScheduler', () => {
  const buffer = Buffer.alloc(2);
  /** Emits the same memory again and again. */
  const reused = (letter: string) => {
    buffer.fill(letter);
    return buffer;
  };

  it('keeps emitted bytes when their memory is reused', () => {
    runMarbles(({ cold, expectObservable }) => {
      expectObservable(cold('a-b|').pipe(map(reused))).toBe('a-b|', { a: 'aa', b: 'bb' });
      expectObservable(cold('a-b|').pipe(map((letter) => ({ list: [reused(letter)] })))).toBe('a-b|', {
        a: { list: ['aa'] },
        b: { list: ['bb'] },
      });
    });
    // In RxJS's own TestScheduler, b seems to arrive twice.
    const plain = new TestScheduler(assertMarbles);
    expect(() =>
      plain.run(({ cold, expectObservable }) => {
        expectObservable(cold('a-b|').pipe(map(reused))).toBe('a-b|', { a: 'aa', b: 'bb' });
      }),
    ).toThrow(/at 0 ms, byte 0 is 62 'b', not 61 'a'/);
  });

  it('keeps the bytes inside errors and inner Observables, and the expected ones', () => {
    runMarbles(({ cold, expectObservable }) => {
      const failing = cold('a-b').pipe(
        map((letter) => {
          const partial = reused(letter);
          if (letter === 'b') throw new IncompleteReadError(partial, null);
          return 1;
        }),
      );
      cold('---a').subscribe(() => reused('x'));
      expectObservable(failing).toBe('a-#', { a: 1 }, new IncompleteReadError(Buffer.from('bb'), null));
      const inner = cold('a-b|').pipe(map((letter) => of(reused(letter))));
      expectObservable(inner).toBe('a-b|', { a: cold('(a|)', { a: 'aa' }), b: cold('(b|)', { b: 'bb' }) });
      const expected = Buffer.from('ok');
      expectObservable(of(Buffer.from('ok'))).toBe('(e|)', { e: expected });
      expected.fill('x');
    });
  });

  it('compares two Observables', () => {
    runMarbles(({ cold, expectObservable }) => {
      expectObservable(cold('a-b|').pipe(map(reused))).toEqual(cold('a-b|').pipe(map(reused)));
    });
    expect(() =>
      runMarbles(({ cold, expectObservable }) =>
        expectObservable(cold('a|').pipe(map(reused))).toEqual(cold('b|').pipe(map(reused))),
      ),
    ).toThrow(AssertionError);
  });

  it('takes a letter without a value as its own text, and a # without an error as any error', () => {
    runMarbles(({ connection, expectObservable }) => {
      expectObservable(connection('ab#', { b: 'x' }).reader).toBe('ab#', { b: 'x' });
    });
    const expecting = (marbles: string, error?: unknown) => () =>
      runMarbles(({ connection, expectObservable }) =>
        expectObservable(connection('a#').reader).toBe(marbles, {}, error),
      );
    expect(expecting('b#')).toThrow(/byte 0 is 61 'a', not 62 'b'/);
    expect(expecting('a|')).toThrow(/# Error: read ECONNRESET was seen, and \| expected/);
    expect(expecting('a#', 'error')).toThrow(/is not 'error'/);
  });

  it('can use another comparison', () => {
    const compared: unknown[] = [];
    const scheduler = new MarbleScheduler((seen, expected) => void compared.push([seen, expected]));
    scheduler.run(({ expectObservable }) => expectObservable(of(1)).toBe('(a|)', { a: 1 }));
    expect(compared).toHaveLength(1);
  });

  it('names the failed expectation by the place where it was written', () => {
    const lineOf = (expecting: (helpers: MarbleHelpers) => void) => {
      const error = thrownBy(() => runMarbles(expecting)) as Error;
      return Number(/MarbleScheduler\.spec\.ts:(\d+)/.exec(error.stack?.split('\n    at ')[1] ?? '')?.[1]);
    };
    const here = Number(/spec\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1]);
    const second = lineOf(({ cold, expectObservable }) => {
      expectObservable(cold('x')).toBe('x');
      expectObservable(cold('a')).toBe('a');
      expectObservable(cold('a')).toBe('b');
    });
    const third = lineOf(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('a|');
      expectObservable(source).toBe('a|');
      flush();
      expectObservable(source).toEqual(source);
      expectSubscriptions(source.subscriptions).toBe(['^!']);
    });
    expect([second - here, third - here]).toEqual([4, 11]);
  });

  it('fails a test without an expectation', () => {
    const silent = () => runMarbles(({ expectObservable }) => void expectObservable(of(1)));
    expect(silent).toThrow('Cannot compare: neither toBe nor toEqual was called');
    expect((thrownBy(silent) as Error).stack?.split('\n    at ')[1]).toContain('MarbleScheduler.spec.ts');
    const scheduler = new MarbleScheduler();
    expect(() => scheduler.run(({ expectSubscriptions }) => void expectSubscriptions([]))).toThrow(AssertionError);
    scheduler.run(({ expectObservable }) => expectObservable(of(1)).toBe('(a|)', { a: 1 }));
  });

  it('returns what the test returns, and a promise of what its promise resolves with', async () => {
    const scheduler = new MarbleScheduler();
    expect(scheduler.run(() => 5)).toBe(5);
    expect(await scheduler.run(async () => 6)).toBe(6);
    expect(scheduler.run(() => 7)).toBe(7);
  });

  it('ends a test with a timer that is never cleared, and counts separately per test', () => {
    const scheduler = new MarbleScheduler();
    scheduler.maxTasks = 100;
    for (let i = 0; i < 3; i++) scheduler.run(() => interval(1000).pipe(take(50)).subscribe());
    expect(() => scheduler.run(() => interval(1000).subscribe())).toThrow(
      /100 tasks were scheduled by \d+000 ms, so a timer/,
    );
    // Given the scheduler, it resets itself without a call to it.
    expect(() => scheduler.run(() => interval(1000, scheduler).subscribe())).toThrow(/100 tasks were scheduled/);
  });

  it('restores real time, also after a failure', () => {
    expect(() => runMarbles(({ expectObservable }) => expectObservable(NEVER).toBe('|'))).toThrow(AssertionError);
    const spy = jest.spyOn(global, 'setInterval');
    timer(0).subscribe().unsubscribe();
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
  });

  it('verifies the scripts of its peers at the end', () => {
    expect(() => runMarbles(({ peer }) => void peer().receives('PING').connect())).toThrow(
      /step 1 of 1, receives 'PING': it is not done/,
    );
    expect(() => runMarbles(({ peer }) => void peer().receives('PING'))).toThrow(/it was not played/);
    runMarbles(({ peer, expectObservable }) => {
      const { reader, writer } = peer().receives('PING').wait(1000).sends('PONG').fin().connect();
      writer.write('PING');
      expectObservable(reader).toBe('1s (p|)', { p: 'PONG' });
    });
  });

  it('reports an error of the test itself, not one that follows from it', () => {
    const failing = () =>
      runMarbles(({ peer }) => {
        peer().receives('PING').connect();
        throw new Error('of the test');
      });
    expect(failing).toThrow('of the test');
    runMarbles(({ expectObservable }) => expectObservable(defer(() => throwError(() => 'late'))).toBe('#', {}, 'late'));
  });
});
