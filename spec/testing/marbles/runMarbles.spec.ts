// Proves that a test with promises runs in virtual time, with every kind of timer, and that a failure names what waits.
import { AssertionError } from 'node:assert';
import { readFile } from 'node:fs/promises';
import * as timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { firstValueFrom, interval, lastValueFrom, take, timer } from 'rxjs';
import { type Connection, connectionPair, eachValueFrom, lines } from 'rxjs-tcp';
import { runMarbles } from 'rxjs-tcp/testing';
import { failureOf } from '../../support/failureOf';
import { noUnhandledRejections } from '../../support/noUnhandledRejections';
import { thrownBy } from '../../support/thrownBy';

noUnhandledRejections();

const HOUR = 3_600_000;
const sleep = (ms: number) => lastValueFrom(timer(ms));

/** Answers each line, with promises. */
async function echo({ reader, writer }: Connection): Promise<void> {
  for await (const line of eachValueFrom(reader.pipe(lines()))) {
    writer.write(`${line}!\n`);
    await writer.drain();
  }
  writer.writeEof();
}

const failing = (test: Parameters<typeof runMarbles>[0]) =>
  failureOf(Promise.resolve(runMarbles(test))) as Promise<Error>;

describe('runMarbles with promises', () => {
  it('drives a handler that awaits, against a diagram', async () => {
    await runMarbles(async ({ connection, expectObservable }) => {
      const near = connection('a-b-|', { a: 'one\n', b: 'two\n' });
      expectObservable(near.written$).toBe('a-b-|', { a: 'one!\n', b: 'two!\n' });
      await echo(near);
    });
  });

  it('drives a client against a script, and two ends in memory', async () => {
    const seen = await runMarbles(async ({ peer, scheduler }) => {
      const client = peer().receives('PING\n').wait(HOUR).sends('PONG\n').receives('BYE\n').connect();
      client.writer.write('PING\n');
      const answer = `${await client.reader.readLine()}`;
      client.writer.write('BYE\n');
      const [near, far] = connectionPair({ scheduler });
      const serving = echo(far);
      near.writer.write('x\n');
      const other = `${await near.reader.readLine()}`;
      near.writer.writeEof();
      await serving;
      return [answer, other, scheduler.now()];
    });
    expect(seen).toEqual(['PONG\n', 'x!\n', HOUR]);
  });

  it('fails when the traffic is not as expected, at the line of its toBe', async () => {
    const error = await failing(async ({ connection, expectObservable }) => {
      const near = connection('a-|', { a: 'one\n' });
      expectObservable(near.written$).toBe('a-|', { a: 'two!\n' });
      await echo(near);
    });
    expect(error).toBeInstanceOf(AssertionError);
    expect(error.message).toMatch("at 0 ms, byte 0 is 6f 'o', not 74 't'");
    expect(error.stack).toMatch(/runMarbles\.spec\.ts/);
  });

  it('rejects with the error of the test, of a script and of a task', async () => {
    expect(await failing(async () => Promise.reject(new Error('mine')))).toEqual(new Error('mine'));
    const script = await failing(async ({ peer }) => {
      const { reader, writer } = peer().receives('PING\n').sends('PONG\n').connect();
      writer.write('PANG\n');
      await reader.readLine();
    });
    expect(script.message).toMatch("byte 1 is 41 'A', not 49 'I'");
    const task = await failing(async () => {
      setTimeout(() => {
        throw new Error('in a timer');
      }, 5);
      await sleep(10);
    });
    expect(task).toEqual(new Error('in a timer'));
  });

  it.each<[string, () => Promise<unknown>]>([
    ['timer of RxJS', () => sleep(HOUR)],
    ['interval of RxJS', () => lastValueFrom(interval(HOUR / 4).pipe(take(4)))],
    ['setTimeout', () => new Promise((resolve) => setTimeout(resolve, HOUR))],
    ['setTimeout, promisified', () => promisify(setTimeout)(HOUR)],
    ['node:timers/promises', () => timersPromises.setTimeout(HOUR)],
    ['scheduler.wait', () => timersPromises.scheduler.wait(HOUR)],
    [
      'AbortSignal.timeout',
      () => new Promise((resolve) => AbortSignal.timeout(HOUR).addEventListener('abort', resolve)),
    ],
    [
      'setInterval',
      () =>
        new Promise<void>((resolve) => {
          let beats = 0;
          const beat = setInterval(() => {
            if (++beats < 4) return;
            clearInterval(beat);
            resolve();
          }, HOUR / 4);
        }),
    ],
    [
      'setInterval of node:timers/promises',
      async () => {
        let beats = 0;
        for await (const beat of timersPromises.setInterval(HOUR / 4, 1)) {
          beats += beat;
          if (beats === 4) break;
        }
      },
    ],
  ])('%s: an hour takes no time', async (_, wait) => {
    const before = performance.now();
    const times = await runMarbles(async ({ scheduler }) => {
      await wait();
      return [scheduler.now(), Date.now(), new Date().getMilliseconds() + HOUR];
    });
    expect(times).toEqual([HOUR, HOUR, HOUR]);
    expect(performance.now() - before).toBeLessThan(60_000);
    expect(Date.now()).toBeGreaterThan(HOUR * 24 * 365);
  });

  it('clears and aborts timers as Node does', async () => {
    await runMarbles(async ({ scheduler }) => {
      const never = () => {
        throw new Error('cleared');
      };
      clearTimeout(setTimeout(never, 5));
      clearTimeout(Number(setTimeout(never, 5)));
      clearImmediate(setImmediate(never));
      const refreshed = setTimeout(() => {}, 10);
      await timersPromises.setTimeout(6);
      refreshed.refresh();
      expect(refreshed.unref().hasRef()).toBe(false);
      const aborting = new AbortController();
      const waiting = timersPromises.setTimeout(HOUR, 1, { signal: aborting.signal });
      aborting.abort('enough');
      expect(await failureOf(waiting)).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
      expect(await timersPromises.setImmediate('value')).toBe('value');
      expect(scheduler.now()).toBe(6);
      expect(() => setTimeout('no function' as never)).toThrow('must be of type function');
    });
  });

  it('waits for long chains of promises, ticks and immediates before time moves', async () => {
    await runMarbles(async ({ scheduler }) => {
      let late = false;
      setTimeout(() => {
        late = true;
      }, 1);
      for (let i = 0; i < 1000; i++) await null;
      for (let i = 0; i < 100; i++) await new Promise((resolve) => process.nextTick(resolve));
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
      expect([late, scheduler.now()]).toEqual([false, 0]);
    });
  });

  it('waits for a file before time moves', async () => {
    await runMarbles(async ({ scheduler }) => {
      const beat = setInterval(() => {}, 1);
      expect(`${await readFile(__filename)}`).toContain('waits for a file');
      expect(scheduler.now()).toBe(0);
      clearInterval(beat);
    });
  });

  it('has everything that is left happen after the function, and compares then', async () => {
    const error = await failing(async ({ connection, expectObservable }) => {
      expectObservable(connection('a 1m b|').reader).toBe('a 1m c|');
      await null;
    });
    expect(error.message).toMatch("at 60001 ms, byte 0 is 62 'b', not 63 'c'");
  });

  it('names what waits when nothing more happens', async () => {
    const error = await failing(async ({ connection }) => {
      const near = connection('a', { a: 'no newline' });
      near.writer.writeEof();
      await near.reader.readLine();
    });
    expect(error.message).toMatch(/^Cannot end the test: nothing more happens after 0 ms, and it waits\n/);
    expect(error.message).toMatch(
      /the connection made at .*runMarbles\.spec\.ts:\d+:\d+\)?: has sent FIN, has received no FIN, 10 bytes unread, 0 bytes queued, read by readLine\(\) at .*runMarbles\.spec\.ts/,
    );
    expect(error.message).toMatch(/pending promises are waited for:\n +at .*runMarbles\.spec\.ts:\d+:\d+/);
  });

  it('names the line that holds a reader', async () => {
    const error = await failing(async ({ connection }) => {
      const near = connection('a', { a: 'a line\n' });
      near.reader.pause();
      await firstValueFrom(near.reader.pipe(lines()));
    });
    expect(error.message).toMatch(
      /7 bytes unread.*, read by a subscription at .*, held by pause\(\) at .*runMarbles\.spec\.ts/,
    );
  });

  it('ends a test whose timer is never cleared', async () => {
    const error = await failing(async ({ scheduler }) => {
      scheduler.maxTasks = 1000;
      setInterval(() => {}, 10);
      await null;
    });
    expect(error.message).toMatch(/1000 tasks were scheduled by \d+ ms, so a timer is never cleared/);
  });

  it('refuses another run while one is on, flush and animate', async () => {
    const run = runMarbles(async ({ flush }) => {
      await null;
      expect(flush).toThrow('Cannot flush in a test with promises');
    });
    expect(() => runMarbles(() => {})).toThrow(
      /^Cannot run in virtual time: another run is on, begun at .*runMarbles\.spec\.ts/,
    );
    await run;
    expect(() => runMarbles(() => runMarbles(() => {}))).toThrow('another run is on');
    runMarbles(() => {});
  });

  it('gives the same times again and again', async () => {
    const once = () =>
      runMarbles(async ({ scheduler, connection }) => {
        const times: number[] = [];
        const near = connection('a 10ms b 20ms c|', { a: 'a\n', b: 'b\n', c: 'c\n' });
        for await (const _ of eachValueFrom(near.reader.pipe(lines()))) {
          times.push(scheduler.now());
          await sleep(7);
        }
        return times;
      });
    expect([await once(), await once()]).toEqual([
      [0, 11, 32],
      [0, 11, 32],
    ]);
  });
});

describe('runMarbles without promises', () => {
  it('says that promises were left behind when it fails', () => {
    const { message } = thrownBy(() =>
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('a-b-|', { a: 'one\n', b: 'two\n' });
        void echo(near);
        expectObservable(near.written$).toBe('a-b-|', { a: 'one!\n', b: 'two!\n' });
      }),
    ) as Error;
    expect(message).toMatch(/^Cannot match the time lines/);
    expect(message).toMatch(
      /\n\nPromises were waited for, and virtual time was over before they went on:\n {2}at .*echo.*runMarbles\.spec\.ts:\d+:\d+.*\nMake the function of the test async, and await the run/,
    );
  });

  it('says so too when a script is not done', () => {
    const { message } = thrownBy(() =>
      runMarbles(({ peer }) => {
        const client = peer().receives('PING\n').sends('PONG\n').receives('BYE\n').connect();
        client.writer.write('PING\n');
        void (async () => {
          await client.reader.readLine();
          client.writer.write('BYE\n');
        })();
      }),
    ) as Error;
    expect(message).toMatch(/receives 'BYE\\n': it is not done[\s\S]*Promises were waited for[\s\S]*spec\.ts/);
  });

  it('has timers of Node in its time', () => {
    const beats: number[] = [];
    runMarbles(({ scheduler, flush }) => {
      const beat = setInterval(() => beats.push(Date.now()), 1000);
      setTimeout(() => clearInterval(beat), 2500);
      flush();
      expect(scheduler.now()).toBe(2500);
    });
    expect(beats).toEqual([1000, 2000]);
  });

  it('does not mention promises where nothing waits for one', () => {
    const { message } = thrownBy(() =>
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('a|');
        void near.close();
        expectObservable(near.written$).toBe('--|');
      }),
    ) as Error;
    expect(message).not.toMatch('Promises');
  });
});
