// Proves that two connections in memory behave like the two ends of a socket; `endings.spec.ts` proves how they end.
import { firstValueFrom, fromEvent, map, merge, VirtualTimeScheduler } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import {
  type Connection,
  connectionPair,
  lines,
  readExactly,
  readLine,
  SocketTimeoutError,
  type StreamWriter,
} from '../../src';
import { record } from '../support/record';
import { turns, until } from '../support/until';

describe('connectionPair', () => {
  it('connects two ends: each reads what the other writes', async () => {
    const [one, other] = connectionPair();
    one.writer.write('ping\n');
    expect(`${await other.reader.readLine()}`).toBe('ping\n');
    other.writer.write('pong\n');
    expect(`${await one.reader.readLine()}`).toBe('pong\n');
    expect([one.remoteAddress, one.localPort, one.writer.getExtraInfo('socket')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await Promise.all([one.close(), other.close()]);
  });

  it('delivers at the end of the turn, never from inside the call', async () => {
    const [one, other] = connectionPair();
    const { seen } = record(other.reader.pipe(lines()));
    one.writer.write('a\n');
    one.writer.write('b\n');
    expect(seen).toEqual([]);
    await turns(1);
    expect(seen).toEqual(['a', 'b']);
  });

  it('applies `capacity` to an end whose peer does not read', async () => {
    const [one, other] = connectionPair({ limit: 1, highWaterMark: 1, capacity: 10 });
    for (let i = 0; i < 20; i++) {
      one.writer.write('12345');
      await turns(1);
    }
    // One chunk is with the reader, two are in flight; the last of them, which made ten bytes, is not done.
    expect(other.reader.bufferedAmount).toBe(5);
    expect(one.bytesWritten).toBe(10);
    expect(one.writer.bufferedAmount).toBe(90);
    expect(await other.reader.readExactly(100)).toHaveLength(100);
    await one.writer.flush();
    expect(one.bytesWritten).toBe(100);
  });

  it('gives both ends its options', () => {
    for (const { writer, reader } of connectionPair({ highWaterMark: 2, limit: 3 })) {
      expect(writer.write('ab')).toBe(false);
      expect(reader.input.limit).toBe(3);
    }
  });

  it('throws for unknown or invalid options, at the call', () => {
    expect(() => connectionPair({ capacity: 0 })).toThrow(RangeError);
    expect(() => connectionPair({ limit: -1 })).toThrow(RangeError);
    expect(() => connectionPair({ idleTimeout: 'x' as never })).toThrow(TypeError);
    expect(() => connectionPair({ slowAfter: -1 })).toThrow(/^Cannot use -1 as slowAfter/);
    expect(() => connectionPair({ slowAfter: '1' as never })).toThrow(TypeError);
  });

  it('lets timers and sockets run while two ends answer each other endlessly', async () => {
    const [one, other] = connectionPair();
    let balls = 0;
    const answer = (writer: StreamWriter) => ({
      next: (line: string) => {
        if (++balls < 100_000) writer.write(`${line}\n`);
      },
      error: () => {},
    });
    one.reader.pipe(lines()).subscribe(answer(one.writer));
    other.reader.pipe(lines()).subscribe(answer(other.writer));
    one.writer.write('ball\n');
    await turns(10);
    expect(balls).toBeGreaterThan(0);
    expect(balls).toBeLessThan(50_000);
    one.destroy();
    other.destroy();
    await Promise.all([one.closed, other.closed]);
  });

  it('resets the peer of an end that closes with unread bytes, as TCP does', async () => {
    const [one, other] = connectionPair({ limit: 1, capacity: 1 });
    for (const chunk of ['abc', 'def', 'ghi']) {
      other.writer.write(chunk);
      await turns(1);
    }
    one.destroy();
    expect(await other.closed).toMatchObject({ by: 'reset', error: { code: 'ECONNRESET' } });
  });

  it('resets an end that writes to a closed peer', async () => {
    const [one, other] = connectionPair();
    one.destroy();
    await until('the end has come', () => other.reader.atEof());
    expect(other.writer.write('x')).toBe(true);
    expect(await other.closed).toMatchObject({ by: 'reset', error: { code: 'ECONNRESET' } });
  });
});

describe('connectionPair() marks', () => {
  it('are below maxQueued, whichever of them is given', () => {
    expect(() => connectionPair({ highWaterMark: 2000, maxQueued: 1000 })).toThrow(RangeError);
    const [{ writer }] = connectionPair({ maxQueued: 1000 });
    expect(writer.write(Buffer.alloc(999))).toBe(true);
    expect(writer.write('x')).toBe(false);
    writer.error(new Error('done'));
  });
});

describe('connectionPair() with fake timers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('keeps running: timers that are faked after the import do not stop it', async () => {
    const [near, far] = connectionPair();
    far.reader.subscribe(far.writer);
    const LINES = 600;
    near.writer.write('line\n'.repeat(LINES));
    for (let i = 0; i < LINES; i++) expect(`${await firstValueFrom(near.reader.pipe(readLine()))}`).toBe('line\n');
    near.destroy();
    await far.closed;
  });
});

describe('connectionPair() in virtual time', () => {
  /**
   * Everything in `run`, from the first write to the last delivery, is over when `run` returns: no promise is needed.
   */
  const run = (spec: (scheduler: TestScheduler, helpers: RunHelpers) => void) => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run((helpers) => spec(scheduler, helpers));
  };

  it('delivers in the frame of the write, and a scheduler sees every delivery', () => {
    run((scheduler, { expectObservable, cold }) => {
      const [one, other] = connectionPair({ scheduler });
      cold('--a-b|', { a: 'ping\npi', b: 'ng 2\nrest' }).subscribe(one.writer);
      expectObservable(other.reader.pipe(lines())).toBe('--a-b(c|)', { a: 'ping', b: 'ping 2', c: 'rest' });
    });
  });

  it('never delivers from inside the call', () => {
    run((scheduler) => {
      const [one, other] = connectionPair({ scheduler });
      const { seen } = record(other.reader.pipe(lines()));
      one.writer.write('a\n');
      one.writer.write('b\n');
      expect(seen).toEqual([]);
      scheduler.flush();
      expect(seen).toEqual(['a', 'b']);
    });
  });

  it('has real pressure: `capacity` bytes in flight, the marks of the writer, and the pauses of the reader', () => {
    run((scheduler, { expectObservable }) => {
      const [one, other] = connectionPair({ scheduler, capacity: 4, highWaterMark: 8, limit: 1 });
      const hold = other.reader.pause();
      const pressure: [number, boolean][] = [];
      one.writer.pressure$.subscribe((on) => pressure.push([scheduler.now(), on]));
      // Nothing moves before the frame is over: 4 bytes are with the paused reader, 4 in flight, and the rest wait.
      for (let frame = 0; frame < 10; frame++) scheduler.schedule(() => one.writer.write('abcd'), frame);
      scheduler.schedule(() => expect([one.bytesWritten, one.writer.bufferedAmount]).toEqual([4, 36]), 20);
      scheduler.schedule(hold, 50);
      scheduler.schedule(() => one.writer.complete(), 60);
      expectObservable(other.reader.pipe(readExactly(20))).toBe('50ms (ab) 6ms |', {
        a: expect.anything(),
        b: expect.anything(),
      });
      scheduler.flush();
      expect(pressure).toEqual([
        [0, false],
        [2, true],
        [50, false],
      ]);
    });
  });

  it('applies the time limits of connections and reads in the same time, inside `run`', () => {
    run((scheduler, { expectObservable }) => {
      const [one, other] = connectionPair({ scheduler, idleTimeout: 3_600_000 });
      scheduler.schedule(() => one.writer.write('x'), 1000);
      expectObservable(other.reader.pipe(map(String))).toBe(
        '1s x 3599999ms #',
        undefined,
        new SocketTimeoutError('idle', 3_600_000),
      );
    });
  });

  it('shows resets and the end of both sides, and `signal` aborts at once', () => {
    run((scheduler, { expectObservable }) => {
      const [one, other] = connectionPair({ scheduler });
      scheduler.schedule(() => one.reset(), 5);
      const gone = (connection: Connection) => fromEvent(connection.signal, 'abort').pipe(map(() => 'gone'));
      expectObservable(merge(gone(one), gone(other))).toBe('-----(ab)', { a: 'gone', b: 'gone' });
      expectObservable(other.reader).toBe('-----#', undefined, expect.objectContaining({ code: 'ECONNRESET' }));
    });
  });

  it('accepts any scheduler', () => {
    const scheduler = new VirtualTimeScheduler();
    const [one, other] = connectionPair({ scheduler });
    const { seen } = record(other.reader);
    one.writer.write('a');
    one.writer.complete();
    scheduler.flush();
    expect(seen).toEqual(['a', '|']);
    expect(() => connectionPair({ scheduler: 5 as never })).toThrow(TypeError);
  });

  it('lets two ends answer each other in one frame without limit', () => {
    const scheduler = new VirtualTimeScheduler();
    const [one, other] = connectionPair({ scheduler });
    let balls = 0;
    const answer = ({ reader, writer }: Connection) =>
      reader.pipe(lines()).subscribe((line) => ++balls < 5000 && writer.write(`${line}\n`));
    answer(one);
    answer(other);
    one.writer.write('ball\n');
    scheduler.flush();
    expect(balls).toBe(5000);
    expect(scheduler.now()).toBe(0);
  });
});
