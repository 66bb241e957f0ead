// Proves how long backoff waits, in virtual time, and that connect dials again with it.
import { createServer } from 'node:net';
import { concat, defer, EMPTY, lastValueFrom, map, of, repeat, retry, switchMap, take, tap, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { type BackoffOptions, backoff, connect, lines, type Server, startServer } from '../../src';
import { deadPort } from '../support/deadPort';
import { portOf } from '../support/portOf';

/** The times of the first attempts, in virtual milliseconds. */
function attempts(count: number, options: BackoffOptions): number[] {
  const at: number[] = [];
  const scheduler = new TestScheduler(() => {});
  scheduler.run(() => {
    defer(() => {
      at.push(scheduler.now());
      return at.length < count ? throwError(() => 'down') : EMPTY;
    })
      .pipe(retry({ delay: backoff(options) }))
      .subscribe();
  });
  return at;
}

const waits = (at: number[]) => at.slice(1).map((time, i) => time - (at[i] as number));

describe('backoff', () => {
  it('doubles from 100 ms to 30 s', () => {
    expect(waits(attempts(12, { jitter: 0 }))).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
    ]);
  });

  it('uses the numbers in its options', () => {
    expect(waits(attempts(6, { initial: 10, factor: 3, max: 200, jitter: 0 }))).toEqual([10, 30, 90, 200, 200]);
    expect(waits(attempts(4, { initial: 7, factor: 1, jitter: 0 }))).toEqual([7, 7, 7]);
    expect(waits(attempts(3, { initial: 0, jitter: 0 }))).toEqual([0, 0]);
  });

  it('draws a part of each wait at random', () => {
    expect(waits(attempts(4, { jitter: 0.5, random: () => 0 }))).toEqual([100, 200, 400]);
    expect(waits(attempts(4, { jitter: 0.5, random: () => 0.5 }))).toEqual([75, 150, 300]);
    expect(waits(attempts(4, { jitter: 1, random: () => 0.75 }))).toEqual([25, 50, 100]);
    for (const wait of waits(attempts(30, { initial: 1000, factor: 1 }))) {
      expect(wait).toBeGreaterThan(499);
      expect(wait).toBeLessThan(1001);
    }
  });

  it('does not overflow', () => {
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      let at = -1;
      backoff({ jitter: 0 })('down', 100_000).subscribe(() => (at = scheduler.now()));
      scheduler.schedule(() => expect(at).toBe(-1), 29_999);
      scheduler.schedule(() => expect(at).toBe(30_000), 30_001);
    });
  });

  it('starts again at the first wait after a success, with resetOnSuccess', () => {
    const at: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      defer(() => {
        at.push(scheduler.now());
        if (at.length > 5) return EMPTY;
        return at.length === 3
          ? concat(
              of('up'),
              throwError(() => 'down'),
            )
          : throwError(() => 'down');
      })
        .pipe(retry({ delay: backoff({ jitter: 0 }), resetOnSuccess: true }))
        .subscribe();
    });
    expect(waits(at)).toEqual([100, 200, 100, 200, 400]);
  });

  it('works as the delay of repeat, too', () => {
    const at: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      defer(() => {
        at.push(scheduler.now());
        return EMPTY;
      })
        .pipe(repeat({ count: 4, delay: backoff({ jitter: 0 }) }))
        .subscribe();
    });
    expect(waits(at)).toEqual([100, 200, 400]);
  });

  it('keeps no state: one function serves many subscriptions', () => {
    const delay = backoff({ jitter: 0 });
    const at: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      for (const count of [1, 3, 1]) delay('down', count).subscribe(() => at.push(scheduler.now()));
    });
    expect(at).toEqual([100, 100, 400]);
  });

  it.each<[string, object, typeof Error]>([
    ['a negative start', { initial: -1 }, RangeError],
    ['a start that is not a number', { initial: 'soon' }, TypeError],
    ['a negative maximum', { max: -1 }, RangeError],
    ['a factor below 1', { factor: 0.5 }, RangeError],
    ['an invalid factor', { factor: Number.NaN }, RangeError],
    ['a jitter above 1', { jitter: 1.5 }, RangeError],
    ['a negative jitter', { jitter: -0.1 }, RangeError],
  ])('throws for %s, at the call', (_, options, kind) => {
    expect(() => backoff(options)).toThrow(kind);
  });
});

describe('backoff for connect', () => {
  const host = '127.0.0.1';
  let server: Server | undefined;
  afterEach(async () => {
    await server?.close({ timeout: 1 });
    server = undefined;
  });

  it('dials with retry until a server listens', async () => {
    const port = await deadPort();
    const failures: unknown[] = [];
    const delay = backoff({ initial: 1 });
    const line = lastValueFrom(
      connect({ host, port }).pipe(
        switchMap(({ reader }) => reader.pipe(lines())),
        retry({
          delay: (error, count) => {
            failures.push((error as NodeJS.ErrnoException).code);
            // The server starts when the third attempt has failed.
            if (count === 3)
              void startServer(({ writer }) => void writer.write('up\n'), { host, port }).then((up) => (server = up));
            return delay(error, count);
          },
        }),
        take(1),
      ),
    );
    expect(await line).toBe('up');
    expect(failures.length).toBeGreaterThanOrEqual(3);
    expect(new Set(failures)).toEqual(new Set(['ECONNREFUSED']));
  });

  it('dials again with retry after a reset, and after an error in the pipe', async () => {
    let served = 0;
    server = await startServer(
      (connection) => {
        if (++served === 1) connection.reset();
        else connection.writer.write('not a number\n42\n');
      },
      { host, port: 0 },
    );
    let failed = 0;
    const value = await lastValueFrom(
      connect({ host, port: portOf(server) }).pipe(
        switchMap(({ reader }) => reader.pipe(lines())),
        map((line, index) => {
          if (index === 0 && failed === 0) throw new TypeError('not a number');
          return line;
        }),
        tap({ error: (error) => error instanceof TypeError && failed++ }),
        retry({ delay: backoff({ initial: 1 }) }),
        take(1),
      ),
    );
    expect([value, failed, served]).toEqual(['not a number', 1, 3]);
  });

  it('leaves no timer and no socket when it is unsubscribed during a wait', async () => {
    const port = await deadPort();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    let waits = 0;
    const delay = backoff({ initial: 1000 });
    await new Promise<void>((resolve) => {
      const subscription = connect({ host, port })
        .pipe(
          retry({
            delay: (error, count) => {
              waits++;
              resolve();
              return delay(error, count);
            },
          }),
        )
        .subscribe();
      setImmediate(function look() {
        if (waits === 0) setImmediate(look);
        else setImmediate(() => subscription.unsubscribe());
      });
    });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
    // The port is still free.
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, host, resolve));
    await new Promise((resolve) => other.close(resolve));
  });
});
