// Proves that a thousand conversations of an hour take seconds, that a failing seed fails again in the same way, and
// that bugs planted in a handler are found, with their place.
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  firstValueFrom,
  ignoreElements,
  interval,
  lastValueFrom,
  type MonoTypeOperatorFunction,
  map,
  merge,
  NEVER,
  Observable,
  of,
  type RetryConfig,
  retry,
  switchMap,
  take,
  tap,
  timer,
  toArray,
} from 'rxjs';
import {
  backoff,
  type Connection,
  eachValueFrom,
  lines,
  mergeMapPausing,
  readExactly,
  SocketTimeoutError,
  writeTo,
} from 'rxjs-tcp';
import { type Conversation, type FaultPlan, simulate } from 'rxjs-tcp/testing';
import { failureOf } from '../../support/failureOf';
import { runs } from '../../support/runs';
import { thrownBy } from '../../support/thrownBy';

jest.setTimeout(180_000);

const sleep = (ms: number) => lastValueFrom(timer(ms));

/** Answers each line correctly. */
const answering = ({ reader, writer }: Connection) =>
  reader.pipe(
    lines(),
    map((line) => `${line.toUpperCase()}\n`),
    writeTo(writer, { end: true }),
  );

/** The message of a failing run. */
function failure(conversation: Conversation, options: Parameters<typeof simulate>[1] = {}): Error {
  return thrownBy(() => simulate(conversation, { runs: 20, ...options })) as Error;
}

describe('simulate', () => {
  it('accepts a conversation that survives every seed', () => {
    const seeds: number[] = [];
    simulate(
      ({ client, server, seed }) => {
        seeds.push(seed);
        answering(server).subscribe();
        of('one\n', 'größe\n').subscribe(client.writer);
        return client.reader.pipe(
          lines(),
          toArray(),
          tap((answers) => expect(answers).toEqual(['ONE', 'GRÖSSE'.replace('SS', 'ß').toUpperCase()])),
        );
      },
      { runs: 50, seed: 100 },
    );
    expect(seeds).toEqual(Array.from({ length: 50 }, (_, i) => 100 + i));
  });

  it('runs a thousand conversations of an hour in seconds', () => {
    const count = runs(100, 1000);
    const before = process.cpuUsage();
    let answers = 0;
    let hours = 0;
    const plan = { delay: 20, jitter: 200, stall: 0.05, stallTime: 20_000, piece: 16 };
    simulate(
      ({ client, server, scheduler }) => {
        answering(server).subscribe();
        return merge(
          // A ping every minute, with the time limits of both ends at work.
          timer(0, 60_000).pipe(
            take(60),
            map((i) => `ping ${i}\n`),
            writeTo(client.writer, { end: true }),
          ),
          client.reader.pipe(
            lines(),
            tap(() => answers++),
          ),
        ).pipe(tap({ complete: () => (hours += scheduler.now() / 3_600_000) }));
      },
      { runs: count, plan, idleTimeout: 90_000, duration: 3_700_000 },
    );
    expect(answers).toBe(60 * count);
    expect(hours).toBeGreaterThan(0.98 * count);
    // CPU time, which other processes do not increase: some 3 seconds.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(20);
  });

  it('fails with the seed, the time and the log of the network, and repeats for the same seed', () => {
    // Treats a chunk as a line: correct until the network cuts one.
    const careless: Conversation = ({ client, server }) => {
      server.reader.pipe(map((chunk) => `${chunk.length}\n`)).subscribe(server.writer);
      client.writer.write('hello\n');
      return client.reader.pipe(
        lines(),
        take(1),
        tap((length) => expect(length).toBe('6')),
      );
    };
    const plan = { piece: 5, jitter: 50 };
    const error = failure(careless, { plan });
    expect(error.message).toMatch(
      /^Cannot simulate seed (\d+): [\s\S]*\nfaults\(\1\): \d+ faults\n {2}a->b {2}byte [\s\S]*\nThe same again: \{ seed: \1, runs: 1, plan: \{ piece: 5, jitter: 50, only: \[ 'a->b byte \d \w+' \] \} \}$/,
    );
    const seed = Number(/seed (\d+)/.exec(error.message)![1]);
    expect(failure(careless, { plan, seed, runs: 1 }).message).toBe(error.message);
    const [, only] = /only: \[ '(.*)' \]/.exec(error.message)!;
    expect(failure(careless, { seed, runs: 1, plan: { ...plan, only: [only!] } }).message).toBe(error.message);
    expect(() => simulate(careless, { seed, runs: 1, plan: { ...plan, only: [] } })).not.toThrow();
    expect(() => simulate(careless, { plan: { split: 0, coalesce: 0 } })).not.toThrow();
  });

  it('fails a conversation that errors, with the error as the cause', () => {
    const error = failure(({ client }) => client.reader, { idleTimeout: 5000 });
    expect(error.message).toMatch(/seed 1: SocketTimeoutError: .*, at 5000 ms\n/);
    expect(error.cause).toBeInstanceOf(SocketTimeoutError);
  });

  it('fails a conversation that does not end in its time, or at all', () => {
    expect(failure(() => merge(NEVER, interval(1000)), { duration: 5000 }).message).toMatch(
      'has not ended after 5000 ms',
    );
    expect(failure(({ client }) => client.reader).message).toMatch('has not ended and nothing more happens after 0 ms');
  });

  it('fails a conversation in which time does not advance', () => {
    expect(failure(({ scheduler }) => interval(0, scheduler)).message).toMatch(
      /seed 1: Error: Cannot go on: virtual time does not advance, 1000000 tasks were scheduled in one millisecond is thrown, at 0 ms/,
    );
  });

  it('fails when an error is thrown outside the conversation', () => {
    const error = failure(({ client, server }) => {
      server.reader.subscribe(() => {
        throw new Error('a bug');
      });
      client.writer.write('x');
      return NEVER;
    });
    expect(error.message).toMatch(/^Cannot simulate seed 1: Error: a bug is thrown, at \d+ ms\n/);
    expect(
      failure(() => {
        throw new Error('at once');
      }).message,
    ).toMatch('Error: at once is thrown, at 0 ms');
  });

  it('brings the ends under pressure for at least a fifth of 200 seeds, unless the plan has no tight connections', () => {
    const pressured = (plan: FaultPlan) => {
      const seeds = new Set<number>();
      simulate(
        ({ client, server, seed }) => {
          for (const { writer } of [client, server]) writer.pressure$.subscribe((on) => on && seeds.add(seed));
          server.reader.subscribe(server.writer);
          client.writer.write('a request of an ordinary length, in one line, with its newline\n');
          return client.reader.pipe(lines(), take(1));
        },
        { runs: 200, plan },
      );
      return seeds.size;
    };
    expect(pressured({})).toBeGreaterThanOrEqual(40);
    expect(pressured({ tight: 0 })).toBe(0);
  });

  it('leaves the ends as they were: nothing watches them any more', () => {
    const ends: Connection[] = [];
    simulate(
      ({ client, server }) => {
        ends.push(client, server);
        return EMPTY;
      },
      { runs: 2 },
    );
    const own = ends.flatMap(({ writer }) => Object.keys(writer).filter((key) => key === 'write' || key === 'next'));
    expect([ends.length, own]).toEqual([4, []]);
  });

  it('finds a conversation that takes too much real time', () => {
    const busy: Conversation = () => timer(0, 1);
    expect(failure(busy, { timeout: 20 }).message).toMatch(
      /^Cannot simulate seed 1: Error: Cannot go on: the conversation takes more than 20 ms of real time/,
    );
    expect(() => simulate(busy, { timeout: -1 })).toThrow(RangeError);
  });

  it('throws for a result that is no Observable and no promise, and for invalid options', () => {
    expect(failure(() => 5 as never).message).toMatch('the conversation must return an Observable or a promise');
    expect(() => simulate(() => EMPTY, { runs: 0 })).toThrow(RangeError);
    expect(() => simulate(() => EMPTY, { seed: -1 })).toThrow(RangeError);
    expect(() => simulate(() => EMPTY, { duration: -1 })).toThrow(RangeError);
    expect(() => simulate(() => EMPTY, { limit: 0 })).toThrow(RangeError);
  });

  it('can tell planned endings from bugs', () => {
    let resets = 0;
    simulate(
      ({ client, server, log }) => {
        answering(server).subscribe({ error: () => {} });
        client.writer.next('one\ntwo\n');
        client.writer.complete();
        return client.reader.pipe(
          lines(),
          catchError((error) => {
            if (!log.entries.some(({ fault }) => fault === 'reset')) throw error;
            resets++;
            return EMPTY;
          }),
        );
      },
      { plan: { reset: 0.5, within: 8 } },
    );
    expect(resets).toBeGreaterThan(20);
  });
});

/** Answers each line with promises. */
async function echo({ reader, writer }: Connection): Promise<void> {
  for await (const line of eachValueFrom(reader.pipe(lines()))) {
    writer.write(`${line}!\n`);
    await writer.drain();
  }
  writer.writeEof();
}

describe('simulate with promises', () => {
  const PLAN = { delay: 50, jitter: 500, stall: 0.05, stallTime: 30_000 };

  it('runs a thousand conversations of an hour in seconds, each with promises', async () => {
    const count = runs(100, 1000);
    const before = process.cpuUsage();
    let answers = 0;
    let hours = 0;
    await simulate(
      async ({ client, server, scheduler }) => {
        const serving = echo(server);
        for (let i = 0; i < 60; i++) {
          client.writer.write(`${i}\n`);
          if (`${await client.reader.readLine()}` === `${i}!\n`) answers++;
          await sleep(60_000);
        }
        client.writer.writeEof();
        await serving;
        hours += scheduler.now() / 3_600_000;
      },
      { runs: count, plan: PLAN, idleTimeout: 120_000, duration: 2 * 3_600_000 },
    );
    expect(answers).toBe(60 * count);
    expect(hours).toBeGreaterThan(count);
    // CPU time, which other processes do not increase: some 4 seconds for a thousand.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(30);
  });

  it('gives the same log for the same seed', async () => {
    const digests = async () => {
      const logs: string[] = [];
      await simulate(
        async ({ client, server, log, scheduler }) => {
          const serving = echo(server);
          for (let i = 0; i < 10; i++) {
            client.writer.write(`${i}\n`);
            await client.reader.readLine();
            await sleep(1000);
          }
          client.writer.writeEof();
          await serving;
          logs.push(`${scheduler.now()} ${log}`);
        },
        { runs: 100, plan: PLAN },
      );
      return logs;
    };
    const [once, again] = [await digests(), await digests()];
    expect(again).toEqual(once);
    expect(new Set(once).size).toBe(100);
  });

  it('fails with the seed when the conversation rejects, and repeats for the same seed', async () => {
    const careless: Conversation<Promise<void>> = async ({ client, server }) => {
      void echo(server);
      client.writer.write('hello\n');
      // Takes a chunk for a line.
      expect(`${await client.reader.read(1000)}`).toBe('hello!\n');
    };
    const plan = { piece: 3, jitter: 50 };
    const error = (await failureOf(simulate(careless, { plan }))) as Error;
    expect(error.message).toMatch(
      /^Cannot simulate seed (\d+): [\s\S]*\nThe same again: \{ seed: \1, runs: 1, plan: \{ piece: 3, jitter: 50, only: \[ 'b->a byte \d split' \] \} \}$/,
    );
    const seed = Number(/seed (\d+)/.exec(error.message)![1]);
    expect(await failureOf(simulate(careless, { plan, seed, runs: 1 }))).toHaveProperty('message', error.message);
    await simulate(careless, { plan: { split: 0, coalesce: 0 } });
  });

  it('names what waits when nothing more happens', async () => {
    const stuck = (await failureOf(
      simulate(async ({ client, server }) => {
        server.writer.write('no newline');
        client.writer.writeEof();
        await server.reader.readAll();
        await client.reader.readLine();
      }),
    )) as Error;
    expect(stuck.message).toMatch(
      /^Cannot simulate seed 1: the conversation has not ended and nothing more happens after \d+ ms\n/,
    );
    expect(stuck.message).toMatch(
      /\n {2}client: has sent FIN, has received no FIN, 10 bytes unread, 0 bytes queued, read by readLine\(\) at .*simulate\.spec\.ts:\d+/,
    );
    expect(stuck.message).toMatch(/\n {2}server: has not sent FIN, has received FIN, 0 bytes unread, 0 bytes queued\n/);
    expect(stuck.message).toMatch(/\n {2}pending promises are waited for:\n {4}at .*simulate\.spec\.ts:\d+/);
  });

  it('finds timers that are left, of Node too, with the place where they were set', async () => {
    const heartbeat =
      (stop: (beat: NodeJS.Timeout) => void): Conversation<Promise<void>> =>
      async ({ client, server }) => {
        void echo(server);
        const beat = plantedBeat(client);
        await sleep(100_000);
        stop(beat);
      };
    function plantedBeat(client: Connection) {
      return setInterval(() => client.writer.write('beat\n'), 30_000);
    }
    const error = (await failureOf(simulate(heartbeat(() => {})))) as Error;
    expect(error.message).toMatch(
      /a timer is left, 1 in all, .* at 100000 ms\n {2}at plantedBeat .*simulate\.spec\.ts:\d+/,
    );
    await simulate(
      heartbeat((beat) => clearInterval(beat)),
      { runs: 3 },
    );
  });

  it('lets what the end wakes clear its timers', async () => {
    const server = async (connection: Connection) => {
      const beat = setInterval(() => {}, 1000);
      try {
        await echo(connection);
      } finally {
        await null;
        clearInterval(beat);
      }
    };
    await simulate(
      async ({ client, server: end }) => {
        void server(end);
        client.writer.write('x\n');
        await client.reader.readLine();
      },
      { runs: 3 },
    );
  });

  it('says that promises were left behind when the conversation is an Observable', () => {
    const { message } = failure(({ client, server }) => {
      void echo(server);
      client.writer.write('one\n');
      return client.reader.pipe(lines(), take(1));
    });
    expect(message).toMatch(
      /has not ended and nothing more happens[\s\S]*Promises were waited for[\s\S]*at .*echo.*simulate\.spec\.ts/,
    );
  });
});

describe('simulate with clients that dial', () => {
  const client = (dial: Observable<Connection>, retrying: MonoTypeOperatorFunction<string>) =>
    dial.pipe(
      switchMap(({ reader, writer }) => {
        writer.write('hello\n');
        return reader.pipe(lines());
      }),
      retrying,
    );

  it('serves several connections, each with faults of its own, through a restart', () => {
    const seen: number[] = [];
    simulate(
      ({ dial, listen, logs }) => {
        const server = listen(answering);
        timer(60_000).subscribe(() => server.restart(5000));
        const again = retry<string>({ delay: backoff({ initial: 100 }) });
        return merge(client(dial, again), client(dial, again), client(dial, again)).pipe(
          take(6),
          tap({ complete: () => void seen.push(logs.length) }),
        );
      },
      { runs: 20 },
    );
    expect(seen).toEqual(Array(20).fill(6));
  });

  it('takes async clients and handlers', async () => {
    await simulate(
      async ({ dial, listen, scheduler }) => {
        const server = listen(echo);
        const visit = async () => {
          const { reader, writer } = await firstValueFrom(dial.pipe(keep));
          writer.write('hello\n');
          const answer = `${await reader.readLine()}`;
          writer.writeEof();
          return answer;
        };
        expect(await Promise.all([visit(), visit()])).toEqual(['hello!\n', 'hello!\n']);
        server.stop();
        expect(await failureOf(visit())).toMatchObject({ code: 'ECONNREFUSED' });
        server.start();
        expect(await visit()).toBe('hello!\n');
        expect(scheduler.now()).toBeLessThan(60_000);
      },
      { runs: 20 },
    );
    /** A connection that outlives the subscription, as that of `openConnection`. */
    function keep(dial: Observable<Connection>): Observable<Connection> {
      return new Observable((subscriber) => {
        dial.subscribe({ next: (made) => subscriber.next(made), error: (error) => subscriber.error(error) });
      });
    }
  });

  it('finds a reconnect storm', () => {
    const storm = (config: RetryConfig) =>
      failure(({ dial, listen }) => {
        listen(answering).stop();
        return client(dial, retry(config));
      }).message;
    expect(storm({})).toMatch(
      'seed 1: a client dialed 51 times within 0 ms: a reconnect storm, without backoff, at 0 ms',
    );
    expect(storm({ delay: 5 })).toMatch('a client dialed 51 times within 250 ms');
    expect(storm({ delay: backoff({ initial: 100 }) })).toMatch('has not ended after 3600000 ms');
  });

  it('finds a handler that fails, and not one whose client has gone', () => {
    const broken = failure(({ dial, listen }) => {
      listen(({ reader }) => reader.pipe(map((chunk) => JSON.parse(`${chunk}`))));
      return client(dial, retry({ delay: backoff() }));
    });
    expect(broken.message).toMatch(/seed 1: server of client 1 fails: SyntaxError/);
    simulate(
      ({ dial, listen }) => {
        listen(({ reader }) => reader.pipe(readExactly(100)));
        return dial.pipe(
          switchMap(({ writer }) => {
            writer.write('ten bytes.');
            return timer(1000);
          }),
          take(1),
        );
      },
      { runs: 5 },
    );
    expect(failure(({ listen }) => listen(5 as never) as never).message).toMatch(
      'Cannot listen with a handler of type number',
    );
    expect(
      failure(({ listen }) => {
        listen(echo);
        return listen(echo) as never;
      }).message,
    ).toMatch('has a server already');
  });
});

describe('simulate with a failure', () => {
  // A chunk is taken for whole lines.
  const careless: Conversation = ({ client, server }) => {
    server.reader.subscribe({
      next: (chunk) => {
        for (const line of `${chunk}`.split('\n').filter(Boolean)) server.writer.next(`${JSON.parse(line).id}\n`);
      },
      complete: () => server.writer.writeEof(),
      error: () => {},
    });
    const asking = timer(0, 40).pipe(
      take(100),
      map((id) => `${JSON.stringify({ id, text: 'x'.repeat(id % 50) })}\n`),
      writeTo(client.writer, { end: true }),
      ignoreElements(),
    );
    return merge(asking, client.reader.pipe(lines(), ignoreElements()));
  };
  const plan: FaultPlan = { piece: 900, split: 0.5, coalesce: 0, stall: 0.05, delay: 30, jitter: 50 };

  it('reduces it to the fewest faults, names them, and repeats just that', () => {
    const { message } = failure(careless, { plan, runs: 100 });
    const [, seed, options, fault] = /The same again: \{ seed: (\d+), (.*only: \[ '(.*)' \] \} \})$/.exec(message)!;
    expect(fault).toMatch(/^a->b byte \d+ split$/);
    expect(options).toBe(
      `runs: 1, plan: { piece: 900, split: 0.5, coalesce: 0, stall: 0.05, delay: 0, jitter: 50, only: [ '${fault}' ] } }`,
    );
    const again = { seed: Number(seed), runs: 1, plan: { ...plan, delay: 0, only: [fault!] } };
    expect(failure(careless, again).message).toBe(message);
    expect(() => simulate(careless, { ...again, plan: { ...again.plan, only: [] } })).not.toThrow();
  });

  it.each<[FaultPlan, RegExp]>([
    [{ piece: 100, split: 1, jitter: 0, coalesce: 0, stall: 0 }, /a->b {2}byte \d+ +split +(at 0 ms|on its way)\n/],
    [
      { piece: 100, split: 0, delay: 30, jitter: 50, coalesce: 0, stall: 0 },
      /a->b {2}byte \d+ +jitter +\d+ ms +on its way\n/,
    ],
    [
      { piece: 100, split: 1, stall: 1, stallTime: 1000, jitter: 0 },
      /a->b {2}byte \d+ +(split|stall) .*(at 0 ms|on its way)\n/,
    ],
  ])('shows the fault that did it, also if it is still on its way: %j', (plan, shown) => {
    const { message } = failure(
      ({ client, server }) => {
        server.reader.subscribe((chunk) => void JSON.parse(`${chunk}`));
        client.writer.write(JSON.stringify({ id: 1, text: 'x'.repeat(200) }));
        return client.reader;
      },
      { plan },
    );
    expect(message).toMatch(/SyntaxError/);
    expect(message).toMatch(shown);
  });

  it('holds more conversations, from another seed on, if the environment says so', () => {
    const before = { ...process.env };
    const seeds: number[] = [];
    const held: Conversation = ({ seed }) => {
      seeds.push(seed);
      return EMPTY;
    };
    try {
      Object.assign(process.env, { RXJS_TCP_RUNS: '7', RXJS_TCP_SEED: '1000' });
      simulate(held, { runs: 3, seed: 5 });
      simulate(held, { runs: 1, seed: 5 });
    } finally {
      process.env = before;
    }
    expect(seeds).toEqual([1000, 1001, 1002, 1003, 1004, 1005, 1006, 5]);
  });

  it('refuses an invalid list of faults', () => {
    expect(() => simulate(() => EMPTY, { plan: { only: ['split'] } })).toThrow(TypeError);
    expect(() => simulate(() => EMPTY, { plan: { only: 'a->b byte 1 split' as never } })).toThrow(TypeError);
  });
});

describe('simulate finds a bug planted in a handler:', () => {
  const SLOW: FaultPlan = { throttle: 10_000 };

  it('a write after FIN, also one without a visible effect', () => {
    // Says goodbye, and then answers the requests that still arrive.
    const hasty: Conversation = ({ client, server }) => {
      server.reader
        .pipe(
          lines(),
          tap(function plantedWrite(line) {
            server.writer.next(`${line}\n`);
            if (line === 'bye') server.writer.complete();
          }),
        )
        .subscribe({ error: () => {} });
      client.writer.write('hello\nbye\nand then\n');
      return concat(
        client.reader.pipe(lines()),
        defer(() => client.writer.complete() ?? EMPTY),
        timer(1000),
      );
    };
    const { message } = failure(hasty);
    expect(message).toMatch(
      /^Cannot simulate seed 1: the server writes 'and then\\n' after it has ended its side, at \d+ ms\n {2}at .*plantedWrite .*simulate\.spec\.ts:\d+:\d+/,
    );
  });

  it('an ignored drain: the queue grows and grows', () => {
    const endless: Conversation = ({ client, server }) => {
      const block = Buffer.alloc(64 * 1024);
      server.reader.pipe(lines()).subscribe(function plantedFlood() {
        for (let i = 0; i < 100; i++) server.writer.write(block);
      });
      client.writer.write('everything\n');
      return client.reader.pipe(readExactly(100 * block.length), take(1));
    };
    const { message } = failure(endless, { plan: SLOW });
    expect(message).toMatch(
      /seed 1: the server does not wait for the peer: 1048576 bytes it has written are unsent, at \d+ ms\n {2}at .*plantedFlood .*simulate\.spec\.ts/,
    );
    const patient: Conversation = ({ client, server }) => {
      const block = Buffer.alloc(64 * 1024);
      server.reader
        .pipe(
          lines(),
          mergeMapPausing(() => concat(...Array.from({ length: 4 }, () => of(block).pipe(writeTo(server.writer)))), 1),
        )
        .subscribe();
      client.writer.write('everything\n');
      return client.reader.pipe(readExactly(4 * block.length), take(1));
    };
    expect(() => simulate(patient, { plan: SLOW, runs: 3, maxQueued: 128 * 1024 })).not.toThrow();
  });

  it('a timer that is not cleared, with the place where it was set', () => {
    const heartbeat =
      (end: (connection: Connection) => unknown): Conversation =>
      ({ client, server }) => {
        server.reader.pipe(lines()).subscribe({ error: () => {} });
        const beat = plantedTimer(client);
        client.writer.write('hello\n');
        return timer(100_000).pipe(tap({ complete: () => end({ ...client, beat } as never) }));
      };
    function plantedTimer(client: Connection) {
      return interval(30_000).subscribe(() => client.writer.write('beat\n'));
    }
    expect(failure(heartbeat(() => {})).message).toMatch(
      /seed 1: a timer is left, 1 in all, after the conversation has ended at 100000 ms\n {2}at plantedTimer .*simulate\.spec\.ts:\d+:\d+/,
    );
    const stopped = heartbeat((it) => (it as unknown as { beat: { unsubscribe(): void } }).beat.unsubscribe());
    expect(() => simulate(stopped)).not.toThrow();
  });

  it('a reply that needs the whole request in one chunk', () => {
    const oneChunk: Conversation = ({ client, server }) => {
      server.reader
        .pipe(concatMap((chunk) => of(JSON.parse(`${chunk}`) as { a: number })))
        .subscribe(({ a }) => server.writer.write(`${a}\n`));
      client.writer.write('{"a":1,"text":"a rather long text, which leaves in several pieces"}');
      return client.reader.pipe(lines(), take(1));
    };
    expect(failure(oneChunk, { plan: { piece: 20 } }).message).toMatch(
      /SyntaxError: .* is thrown, at \d+ ms\nfaults\(/,
    );
  });
});
