// Proves that a bad network follows its plan, loses nothing beyond it, and repeats for the same seed: in virtual time,
// and on live sockets however the kernel cuts the bytes.
import * as fc from 'fast-check';
import { asyncScheduler, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { type Connection, connectionPair, lines, openConnection, ReaderBusyError, startServer } from 'rxjs-tcp';
import { type Fault, type FaultPlan, type FaultRun, faults } from 'rxjs-tcp/testing';
import { failureOf } from '../../support/failureOf';
import { portOf } from '../../support/portOf';
import { record } from '../../support/record';
import { transports } from '../../support/transports';
import { turns } from '../../support/until';

jest.setTimeout(60_000);

/** No fault at all. */
const NOTHING: FaultPlan = { split: 0, coalesce: 0, jitter: 0, stall: 0 };

type Pair = ReturnType<ReturnType<typeof faults>['pair']>;

/** Runs in the virtual time of a scheduler, with the timers of connections; everything has happened when it returns. */
function inVirtualTime<T>(conversation: (scheduler: TestScheduler) => T): T {
  const scheduler = new TestScheduler(() => {});
  return scheduler.run(() => {
    const result = conversation(scheduler);
    scheduler.flush();
    return result;
  });
}

/** The bytes that arrive, with the times, when that many bytes are sent in chunks of some size. */
function sendAll(seed: number, plan: FaultPlan, bytes: Buffer, chunk: number) {
  return inVirtualTime((scheduler) => {
    const pair = faults(seed, plan).pair({ scheduler });
    const chunks: { at: number; bytes: Buffer }[] = [];
    const seen: string[] = [];
    pair.server.reader.subscribe({
      next: (bytes) => chunks.push({ at: scheduler.now(), bytes }),
      error: (error: NodeJS.ErrnoException) => seen.push(error.code ?? ''),
      complete: () => seen.push('|'),
    });
    const send = (at: number): void => {
      pair.client.writer.next(bytes.subarray(at, at + chunk));
      if (at + chunk < bytes.length) scheduler.schedule(() => send(at + chunk), 1);
      else pair.client.writer.complete();
    };
    scheduler.schedule(() => send(0));
    return { ...pair, chunks, seen, all: () => Buffer.concat(chunks.map(({ bytes }) => bytes)) };
  });
}

const BYTES = Buffer.alloc(20_000, 'The quick brown fox jumps over the lazy dog. ');

const kinds = (entries: readonly Fault[]) => [...new Set(entries.map(({ fault }) => fault))].sort();

describe('faults() in virtual time', () => {
  it('pass everything on at once when none is planned: bytes and FIN both ways', () => {
    inVirtualTime((scheduler) => {
      const { client, server, log } = faults(1, NOTHING).pair({ scheduler });
      const [atServer, atClient] = [record(server.reader.pipe(lines())), record(client.reader.pipe(lines()))];
      client.writer.write('ping\n');
      client.writer.writeEof();
      scheduler.flush();
      expect(atServer.seen).toEqual(['ping', '|']);
      server.writer.write('still here\n');
      server.writer.writeEof();
      scheduler.flush();
      expect(atClient.seen).toEqual(['still here', '|']);
      expect(scheduler.now()).toBe(0);
      expect([client.signal.aborted, server.signal.aborted]).toEqual([true, true]);
      expect(log.entries).toEqual([]);
    });
  });

  it('bring every byte in order for any seed and chunks, when no ending or corruption is planned', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 2000 }),
        (seed, chunk, piece) => {
          const { all, seen } = sendAll(seed, { piece, stall: 0.1, throttle: 1_000_000 }, BYTES, chunk);
          expect(all().equals(BYTES)).toBe(true);
          expect(seen).toEqual(['|']);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('repeat for the same seed, to the millisecond, and differ for another seed', () => {
    const plan = { stall: 0.1, corrupt: 0.001 };
    const [one, again, other] = [
      sendAll(7, plan, BYTES, 500),
      sendAll(7, plan, BYTES, 500),
      sendAll(8, plan, BYTES, 500),
    ];
    expect(again.chunks).toEqual(one.chunks);
    expect(`${again.log}`).toBe(`${one.log}`);
    expect(`${other.log}`).not.toBe(`${one.log}`);
  });

  it('occur at the same bytes for any chunks of the input', () => {
    const plan = { stall: 0.1, corrupt: 0.001, reset: 1, within: 15_000 };
    const decisions = (chunk: number) => sendAll(1, plan, BYTES, chunk).log.decisions('a->b');
    expect(decisions(1)).toEqual(decisions(20_000));
    expect(decisions(333)).toEqual(decisions(20_000));
    expect(decisions(1).at(-1)).toMatch(/^byte \d+: reset$/);
  });

  it('bring the beginning of the input in order, and an end, for any plan', () => {
    const plan = fc.record({
      piece: fc.integer({ min: 1, max: 3000 }),
      split: fc.double({ min: 0, max: 1, noNaN: true }),
      coalesce: fc.double({ min: 0, max: 1, noNaN: true }),
      linger: fc.nat(50),
      delay: fc.nat(50),
      jitter: fc.nat(50),
      stall: fc.double({ min: 0, max: 1, noNaN: true }),
      throttle: fc.constantFrom(0, 5000, 1e9),
      ...{ truncate: fc.constant(0.3), halfClose: fc.constant(0.3), reset: fc.constant(0.3) },
      within: fc.integer({ min: 1, max: 30_000 }),
      capacity: fc.integer({ min: 1, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.nat(1e6), plan, fc.integer({ min: 100, max: 3000 }), (seed, full, chunk) => {
        const { all, seen, log } = sendAll(seed, full, BYTES, chunk);
        const { length } = all();
        expect(all().equals(BYTES.subarray(0, length))).toBe(true);
        expect(seen).toEqual([expect.stringMatching(/^(\||ECONNRESET)$/)]);
        const ended = log.entries.some(({ fault }) => ['truncate', 'half-close', 'reset'].includes(fault));
        if (!ended) expect(length).toBe(BYTES.length);
      }),
      { numRuns: 100 },
    );
  });

  it('of one kind keep their place whether another kind is planned or not', () => {
    const stalls = (plan: FaultPlan) =>
      sendAll(3, { stall: 0.2, ...plan }, BYTES, 1000)
        .log.entries.filter(({ fault }) => fault === 'stall')
        .map(({ position, detail }) => [position, detail]);
    expect(stalls({}).length).toBeGreaterThan(5);
    expect(stalls({ split: 0, coalesce: 1, jitter: 0, corrupt: 0.01 })).toEqual(stalls({}));
  });

  describe('one by one', () => {
    const only = (plan: FaultPlan, chunk = 20_000) => sendAll(11, { ...NOTHING, ...plan }, BYTES, chunk);

    it('split: a chunk begins at each place of the log', () => {
      const { chunks, log, all } = only({ split: 0.5, piece: 1000 });
      const begins = chunks.map((_, i) => chunks.slice(0, i).reduce((sum, { bytes }) => sum + bytes.length, 0));
      expect(kinds(log.entries)).toEqual(['split']);
      for (const { position } of log.entries) expect(begins).toContain(position);
      expect(log.entries.length).toBeGreaterThan(5);
      expect(all().equals(BYTES)).toBe(true);
    });

    it('coalesce: bytes wait for the rest of their piece, until linger is over', () => {
      const { chunks, log } = only({ coalesce: 1, piece: 1000, linger: 50 }, 100);
      expect(kinds(log.entries)).toEqual(['coalesce']);
      expect(chunks.length).toBeLessThan(30);
      const alone = inVirtualTime((scheduler) => {
        const { client, server } = faults(1, { ...NOTHING, coalesce: 1, linger: 50 }).pair({ scheduler });
        const at: number[] = [];
        server.reader.subscribe(() => at.push(scheduler.now()));
        client.writer.write('x');
        return at;
      });
      expect(alone).toEqual([50]);
    });

    it('delay: every byte is late, and none waits for another', () => {
      const { chunks } = only({ delay: 70 }, 1000);
      expect(chunks.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, i) => i + 70));
    });

    it('jitter: some bytes are later than others, in order', () => {
      const { chunks, all, log } = only({ jitter: 30, piece: 500 }, 1000);
      const times = chunks.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeGreaterThan(19);
      expect(times.at(-1)).toBeLessThanOrEqual(19 + 30);
      expect(all().equals(BYTES)).toBe(true);
      expect(kinds(log.entries)).toEqual(['jitter']);
    });

    it('stall: nothing passes for as long as the log says', () => {
      const { chunks, log } = only({ stall: 0.1, stallTime: 10_000, piece: 500 });
      const stalled = log.entries.reduce((sum, { detail }) => sum + Number.parseInt(detail, 10), 0);
      expect(log.entries.length).toBeGreaterThan(0);
      expect(chunks.at(-1)!.at).toBe(stalled);
    });

    it('throttle: a number of bytes per second', () => {
      const { chunks } = only({ throttle: 1000 });
      expect(chunks.at(-1)!.at).toBe(20_000);
    });

    it('corrupt: one bit of each byte in the log, and no other', () => {
      const { all, log } = only({ corrupt: 0.001 });
      const changed = [...all().entries()].filter(([i, byte]) => byte !== BYTES[i]);
      expect(changed.map(([i]) => i)).toEqual(log.entries.map(({ position }) => position));
      expect(changed.length).toBeGreaterThan(5);
      for (const [i, byte] of changed) expect(Math.log2(byte ^ BYTES[i]!) % 1).toBe(0);
      expect(log.entries[0]!.detail).toMatch(/^from 0x[0-9a-f]{2} to 0x[0-9a-f]{2}$/);
      expect(BYTES.equals(Buffer.alloc(20_000, 'The quick brown fox jumps over the lazy dog. '))).toBe(true);
    });

    const endings = (plan: FaultPlan) =>
      Array.from({ length: 20 }, (_, seed) => sendAll(seed, { ...NOTHING, within: 9000, ...plan }, BYTES, 100));

    it('truncate: the bytes before it, then the end, for both sides', () => {
      let struck = 0;
      for (const { all, log, seen, client, server } of endings({ truncate: 1 })) {
        const [end] = log.entries;
        if (end?.direction !== 'a->b') continue;
        struck++;
        expect([end.fault, all().length, seen]).toEqual(['truncate', end.position, ['|']]);
        expect(all().equals(BYTES.subarray(0, end.position))).toBe(true);
        expect(client.reader.atEof()).toBe(true);
        expect(server.reader.atEof()).toBe(true);
      }
      expect(struck).toBeGreaterThan(3);
    });

    it('half-close: the end of one direction, and the other continues', () => {
      let struck = 0;
      for (const { all, log, seen, client, server } of endings({ halfClose: 1 })) {
        const [end] = log.entries;
        if (end?.direction !== 'a->b') continue;
        struck++;
        expect([end.fault, all().length, seen]).toEqual(['half-close', end.position, ['|']]);
        expect(server.signal.aborted).toBe(false);
        expect(client.bytesWritten).toBe(BYTES.length);
        server.destroy();
      }
      expect(struck).toBeGreaterThan(3);
    });

    it('reset: the bytes before it, then ECONNRESET, for both sides', () => {
      let struck = 0;
      for (const { all, log, seen, client } of endings({ reset: 1 })) {
        const [end] = log.entries;
        if (end?.direction !== 'a->b') continue;
        struck++;
        expect([end.fault, all().length, seen]).toEqual(['reset', end.position, ['ECONNRESET']]);
        expect(record(client.reader).error).toMatchObject({ code: 'ECONNRESET' });
      }
      expect(struck).toBeGreaterThan(3);
    });

    it('an ending at byte 0 comes before any byte', () => {
      inVirtualTime((scheduler) => {
        const { client, server } = faults(1, { reset: 1, within: 1 }).pair({ scheduler });
        client.writer.next('x');
        scheduler.flush();
        expect([client, server].map(({ reader }) => record(reader).seen)).toEqual([
          ['# read ECONNRESET'],
          ['# read ECONNRESET'],
        ]);
      });
    });
  });

  it('have a bounded buffer: a peer that does not read pauses the writer', () => {
    inVirtualTime((scheduler) => {
      const { client, server } = faults(2, { capacity: 1000, delay: 10 }).pair({
        scheduler,
        capacity: 1000,
        limit: 500,
        highWaterMark: 1000,
      });
      const release = server.reader.pause();
      for (let i = 0; i < 100; i++) scheduler.schedule(() => client.writer.write(Buffer.alloc(500)), i);
      scheduler.flush();
      expect(client.bytesWritten).toBeLessThan(50_000);
      const written = client.bytesWritten;
      const { seen } = record(server.reader);
      release();
      client.writer.complete();
      scheduler.flush();
      expect(written).toBeLessThan(50_000);
      expect(client.bytesWritten).toBe(50_000);
      expect(seen.join('').replace(/[^|]/g, '').length).toBe(1);
    });
  });

  it('pass on a reset, a destroyed peer, and a write to a closed peer', () => {
    inVirtualTime((scheduler) => {
      const { client, server } = faults(1).pair({ scheduler });
      client.reset();
      scheduler.flush();
      expect(record(server.reader).error).toMatchObject({ code: 'ECONNRESET' });

      const other = faults(1).pair({ scheduler });
      other.client.destroy();
      scheduler.flush();
      expect(other.server.reader.atEof()).toBe(true);
      other.server.writer.write('x');
      scheduler.flush();
      expect(other.server.signal.aborted).toBe(true);
    });
  });

  it('give the second connection other faults, which its seed repeats', () => {
    inVirtualTime((scheduler) => {
      const network = faults(9);
      const conversation = ({ client, server, log }: Pair) => {
        server.reader.subscribe();
        client.writer.write(BYTES);
        client.writer.complete();
        scheduler.flush();
        return log.decisions('a->b');
      };
      const [first, second] = [network.pair({ scheduler }), network.pair({ scheduler })];
      const [one, other] = [conversation(first), conversation(second)];
      expect(first.seed).toBe(9);
      expect(second.seed).not.toBe(9);
      expect(other).not.toEqual(one);
      expect(conversation(faults(second.seed).pair({ scheduler }))).toEqual(other);
    });
  });

  it('run in the time of any scheduler', () => {
    const scheduler = new VirtualTimeScheduler();
    const { client, server } = faults(1, { delay: 1000 }).pair({ scheduler });
    const { seen } = record(server.reader.pipe(lines()));
    client.writer.write('late\n');
    scheduler.flush();
    expect(seen).toEqual(['late']);
    expect(scheduler.now()).toBeGreaterThanOrEqual(1000);
  });

  it('leave no timer after any ending', () => {
    for (let seed = 0; seed < 50; seed++) {
      const left = inVirtualTime((scheduler) => {
        const { client, server } = faults(seed, { reset: 0.3, truncate: 0.3, halfClose: 0.3, delay: 500 }).pair({
          scheduler,
        });
        server.reader.subscribe({ error: () => {} });
        client.writer.next(BYTES);
        scheduler.schedule(() => (seed % 2 ? client.destroy() : server.reset()), 250);
        scheduler.schedule(() => [client, server].map((end) => end.destroy()), 750);
        return scheduler;
      }).actions;
      expect(left).toEqual([]);
    }
  });
});

describe('the log of faults', () => {
  it('is readable: direction, byte, fault and time', () => {
    const { log } = sendAll(4, { piece: 5000, split: 1, stall: 0.3, corrupt: 0.0001 }, BYTES, 20_000);
    expect(`${log}`.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^faults\(4\): \d+ faults$/),
      expect.stringMatching(/^ {2}a->b {2}byte \d+ +(jitter|split|stall|corrupt) .* at \d+ ms$/),
      expect.stringMatching(/^ {2}a->b {2}byte \d+ +(jitter|split|stall|corrupt) .* at \d+ ms$/),
    ]);
  });

  it('shows the last entries of a long one', () => {
    const { log } = sendAll(4, { piece: 10 }, BYTES, 1000);
    const lines = `${log}`.split('\n');
    expect(lines).toHaveLength(22);
    expect(lines[1]).toMatch(/^ {2}a->b {2}… \d+ before$/);
  });

  it('is part of the error message', async () => {
    const pair = faults(7, { ...NOTHING, reset: 1, within: 10 }).pair();
    pair.server.reader.subscribe(pair.server.writer);
    pair.client.writer.write('hello, how are you?\n');
    const error = (await failureOf(pair.explain(pair.client.reader.readLine()))) as Error;
    expect(error.message).toMatch(
      /^Cannot go on: .*ECONNRESET\nfaults\(7\): 1 faults\n {2}(a->b|b->a) {2}byte \d +reset/,
    );
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
    expect(await pair.explain(Promise.resolve(5))).toBe(5);
  });
});

describe('faults on live connections', () => {
  /** An echo server after a proxy with faults, and the view of one client. */
  async function throughProxy(
    seed: number,
    plan: FaultPlan,
    bytes: Buffer,
  ): Promise<{ echoed: Buffer; run: FaultRun }> {
    const network = faults(seed, plan);
    const runs: FaultRun[] = [];
    const echo = await startServer(({ reader, writer }) => void reader.subscribe(writer), {
      host: '127.0.0.1',
      port: 0,
    });
    const proxy = await startServer(
      async (connection) => {
        const run = network.between(connection, await openConnection({ host: '127.0.0.1', port: portOf(echo) }));
        runs.push(run);
        await run.closed;
      },
      { host: '127.0.0.1', port: 0 },
    );
    const client = await openConnection({ host: '127.0.0.1', port: portOf(proxy) });
    const chunks: Buffer[] = [];
    client.reader.subscribe({ next: (chunk) => chunks.push(chunk), error: () => {} });
    client.writer.next(bytes);
    client.writer.complete();
    await client.closed;
    await Promise.all([proxy.close({ timeout: 500 }), echo.close({ timeout: 500 })]);
    return { echoed: Buffer.concat(chunks), run: runs[0]! };
  }

  it('bring everything back from an echo server, in both directions, with the same log twice', async () => {
    const plan = { piece: 2000, stall: 0 };
    const [one, again] = [await throughProxy(3, plan, BYTES), await throughProxy(3, plan, BYTES)];
    expect(one.echoed.equals(BYTES)).toBe(true);
    expect(again.echoed.equals(BYTES)).toBe(true);
    for (const direction of ['a->b', 'b->a'] as const) {
      expect(again.run.log.decisions(direction)).toEqual(one.run.log.decisions(direction));
      expect(one.run.log.decisions(direction).length).toBeGreaterThan(10);
    }
  });

  it('equal those of the memory pair with the same seed', async () => {
    const plan = { piece: 2000, stall: 0, corrupt: 0.001 };
    const { run } = await throughProxy(3, plan, BYTES);
    expect(run.log.decisions('a->b')).toEqual(sendAll(3, plan, BYTES, 100).log.decisions('a->b'));
  });

  it('reset at the same byte every time', async () => {
    const plan = { ...NOTHING, reset: 1, within: 8000 };
    const ends = [];
    for (let i = 0; i < 3; i++)
      ends.push(
        (await throughProxy(6, plan, BYTES)).run.log.entries.map(({ position, fault, direction }) => [
          position,
          fault,
          direction,
        ]),
      );
    expect(ends[0]).toHaveLength(1);
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
  });

  it.each(transports)('wrap a connection over $name', async ({ open }) => {
    const ends = await open('client');
    const { connection, closed } = faults(5, { stall: 0, piece: 5000 }).around(ends.near);
    ends.far.reader.subscribe(ends.far.writer);
    connection.writer.write(BYTES);
    expect((await connection.reader.readExactly(BYTES.length)).equals(BYTES)).toBe(true);
    connection.writer.complete();
    expect(await connection.reader.readAll()).toHaveLength(0);
    await closed;
    await ends.release();
  });

  it('can be removed: both ends are destroyed', async () => {
    const [[near, a], [b, far]] = [connectionPair(), connectionPair()];
    const run = faults(1).between(a, b);
    near.writer.write('x');
    await turns(2);
    run.destroy(new Error('enough'));
    expect((await run.closed).map(({ error }) => error)).toEqual([new Error('enough'), new Error('enough')]);
    for (const end of [near, far]) {
      await end.reader.readAll().catch(() => {});
      await end.close();
    }
  });

  it('throw for a connection that is being read', async () => {
    const [[near, a], [b, far]] = [connectionPair(), connectionPair()];
    const reading = b.reader.readLine();
    expect(() => faults(1).between(a, b)).toThrow(ReaderBusyError);
    far.writer.write('line\n');
    expect(`${await reading}`).toBe('line\n');
    near.writer.write('a is as it was\n');
    expect(`${await a.reader.readLine()}`).toBe('a is as it was\n');
    for (const end of [near, far, a, b]) end.destroy();
  });
});

describe('a plan of faults', () => {
  it('throws at the call when it is invalid', () => {
    const refused = (plan: object) => () => faults(1, plan);
    expect(refused({ split: 1.5 })).toThrow(new RangeError('Cannot use 1.5 as split: it must be from 0 to 1'));
    expect(refused({ corrupt: '0.1' })).toThrow(TypeError);
    expect(refused({ piece: 0 })).toThrow(RangeError);
    expect(refused({ delay: -1 })).toThrow(RangeError);
    expect(refused({ throttle: 0.5 })).toThrow(RangeError);
    expect(refused({ reset: 0.6, truncate: 0.6 })).toThrow('a connection ends once');
    expect(refused({ splt: 1 })).toThrow(new TypeError('Cannot plan splt: there is no such fault'));
    expect(() => faults(-1)).toThrow(RangeError);
    expect(() => faults(0.5)).toThrow(RangeError);
    expect(() => faults('1' as never)).toThrow(TypeError);
  });

  it('shows its default values, without an ending', () => {
    const { log } = sendAll(1, {}, Buffer.alloc(200_000), 5000);
    expect(kinds(log.entries)).toEqual(['coalesce', 'jitter', 'split', 'stall']);
  });

  it('uses the clock of RxJS without a scheduler', () => {
    const now = jest.spyOn(asyncScheduler, 'now');
    const { client, server } = faults(1).pair();
    expect(now).toHaveBeenCalled();
    for (const end of [client, server] as Connection[]) end.destroy();
    now.mockRestore();
  });
});
