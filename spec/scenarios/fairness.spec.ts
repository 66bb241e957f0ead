// Proves that a connection with many frames lets timers and other connections run in between: by the order of events,
// not by their time.
import { concatMap, firstValueFrom, lastValueFrom, map, mergeMap, type Observable, of, tap, toArray } from 'rxjs';
import {
  backpressure,
  Connection,
  concatMapPausing,
  connectionPair,
  decode,
  eachValueFrom,
  lines,
  mergeMapPausing,
  read,
  StreamReader,
  writeTo,
} from '../../src';
import { eventLoop } from '../../src/eventLoop';
import { handFed } from '../support/handFed';
import { handTransport } from '../support/handTransport';
import { turns, until } from '../support/until';

describe('a reader with many frames to deliver', () => {
  const LINES = 1000;
  const chunk = Buffer.from('line\n'.repeat(LINES));
  /** The clock by which a reader knows how long it has worked: here only work takes time. */
  let time: number;
  /** Takes a tenth of a millisecond, so that all lines take a hundred milliseconds. */
  const work = tap<string>(() => {
    time += 0.1;
  });

  beforeEach(async () => {
    // The previous spec has finished.
    await turns(1);
    time = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => time);
  });

  afterEach(() => jest.restoreAllMocks());

  it.each<[string, (reader: StreamReader) => Observable<Uint8Array>]>([
    ['a reader', (reader) => reader],
    ['a pipe with a buffer of its own', copied],
  ])('yields between two lines of one chunk, from %s', async (_, through) => {
    const { reader, push, end } = handFed(undefined, true);
    let turns = 0;
    let done = false;
    let seen = 0;
    const seenAtTurns = new Set<number>();
    setImmediate(function turn() {
      turns++;
      seenAtTurns.add(seen);
      if (!done) setImmediate(turn);
    });
    through(reader)
      .pipe(lines(), work)
      .subscribe({ next: () => seen++, complete: () => (done = true) });
    push(chunk);
    end();
    await until('all lines are read', () => done);
    expect(seen).toBe(LINES);
    // It may work for 10 ms at a time, and checks the clock once in 16 lines.
    const steps = [...seenAtTurns];
    expect(steps.length).toBeGreaterThan(5);
    expect(turns).toBeGreaterThanOrEqual(steps.length);
  });

  function copied(reader: StreamReader): Observable<Uint8Array> {
    return reader.pipe(map((bytes) => Buffer.from(bytes)));
  }

  it('checks the clock again soon when lines are slow', async () => {
    const { reader, push } = handFed(undefined, true);
    let seen = 0;
    const subscription = reader.pipe(lines()).subscribe(() => {
      seen++;
      time += 1;
    });
    push(chunk);
    // The lines were slow from the start: it checks after 16 lines at the latest, and again after 16 more.
    expect(seen).toBeLessThanOrEqual(32);
    for (let turn = 0; turn < 5; turn++) {
      const before = seen;
      await turns(1);
      // Now it knows. A line takes a millisecond.
      expect(seen - before).toBeGreaterThan(0);
      expect(seen - before).toBeLessThanOrEqual(13);
    }
    subscription.unsubscribe();
  });

  it.each<[string, () => Observable<Uint8Array>]>([
    ['an Observable', () => of(chunk)],
    ['a reader of one', () => StreamReader.from(of(chunk))],
  ])('continues when the source has no back-pressure: %s', (_, source) => {
    let seen = 0;
    source()
      .pipe(lines(), work)
      .subscribe(() => seen++);
    expect(seen).toBe(LINES);
  });

  it('does not stall when it is unsubscribed or held in the turn in which it yielded', async () => {
    const reader = StreamReader.from([chunk]);
    let seen = 0;
    const subscription = reader.pipe(lines(), work).subscribe(() => seen++);
    expect(seen).toBeLessThan(LINES);
    subscription.unsubscribe();
    const release = reader.pause();
    let rest = 0;
    reader.pipe(lines()).subscribe(() => rest++);
    await new Promise((resolve) => setImmediate(resolve));
    expect(rest).toBe(0);
    release();
    await until('the rest is read', () => seen + rest === LINES);
  });

  it('lets another connection run in between, and keeps the order, through writeTo', async () => {
    const [client, server] = connectionPair();
    const [otherClient, otherServer] = connectionPair();
    const busy = server.reader.pipe(
      lines(),
      work,
      map((line) => `${line}\n`),
      writeTo(server.writer),
    );
    let served = 0;
    const subscription = busy.subscribe();
    subscription.add(otherServer.reader.pipe(writeTo(otherServer.writer)).subscribe());
    const answered = client.reader
      .pipe(
        lines(),
        tap(() => served++),
      )
      .subscribe();
    client.writer.write(chunk);
    const servedAt: number[] = [];
    for (let ping = 0; ping < 4; ping++) {
      otherClient.writer.write('ping\n');
      await otherClient.reader.readLine();
      servedAt.push(served);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // All pings were answered before the busy one was done.
    expect(servedAt.at(-1)).toBeLessThan(LINES);
    await until('the busy one is done', () => served === LINES);
    answered.unsubscribe();
    subscription.unsubscribe();
    for (const connection of [client, otherClient, server, otherServer]) connection.destroy();
  });

  it('keeps the order and loses nothing when it yields under pressure', async () => {
    const [client, server] = connectionPair({ highWaterMark: 256, capacity: 256 });
    const numbers = Array.from({ length: LINES }, (_, i) => `${i}`);
    client.writer.write(`${numbers.join('\n')}\n`);
    client.writer.writeEof();
    server.reader
      .pipe(
        lines(),
        work,
        concatMap((line) => [line, '\n']),
        backpressure(server.writer),
      )
      .subscribe(server.writer);
    const seen = await new Promise((resolve) => client.reader.pipe(lines(), toArray()).subscribe(resolve));
    expect(seen).toEqual(numbers);
  });
});

describe('the turn of the event loop is yielded by', () => {
  const LINES = 5000;
  /** As above: all lines take a quarter of a second, and a turn may take ten milliseconds. */
  let time: number;
  const work = () => {
    time += 0.05;
  };

  beforeEach(async () => {
    await turns(1);
    time = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => time);
  });

  afterEach(() => jest.restoreAllMocks());

  const line$ = (reader: StreamReader) => reader.pipe(lines(), tap(work));
  type Way = (connection: Connection) => Promise<unknown>;
  const ways: Record<string, Way> = {
    'lines()': ({ reader }) => lastValueFrom(line$(reader)),
    'concatMapPausing() with promises': ({ reader }) =>
      lastValueFrom(line$(reader).pipe(concatMapPausing(async () => 1))),
    'mergeMapPausing() with promises': ({ reader }) =>
      lastValueFrom(line$(reader).pipe(mergeMapPausing(async () => 1, 8))),
    'concatMapPausing() and writeTo()': ({ reader, writer }) =>
      lastValueFrom(
        line$(reader).pipe(
          concatMapPausing(async (line) => line),
          writeTo(writer),
        ),
      ),
    'for await of eachValueFrom()': async ({ reader }) => {
      for await (const _ of eachValueFrom(line$(reader)));
    },
    'a loop of readLine()': async ({ reader }) => {
      while ((await reader.readLine()).length > 0) work();
    },
    'a loop of readExactly()': async ({ reader }) => {
      for (let i = 0; i < LINES; i++) await reader.readExactly(5).then(work);
    },
    'a loop of firstValueFrom()': async ({ reader }) => {
      for (let i = 0; i < LINES; i++) await firstValueFrom(line$(reader));
    },
    'a generator': ({ reader }) =>
      lastValueFrom(
        reader.pipe(
          decode(function* (read) {
            return yield* read.line();
          }),
          tap(work),
        ),
      ),
    'a reader that is paused and released': ({ reader }) =>
      new Promise<void>((resolve) => {
        line$(reader).subscribe({
          next: () => void Promise.resolve().then(reader.pause()),
          complete: resolve,
        });
      }),
  };

  it.each(Object.entries(ways))('%s', async (_, way) => {
    const [client, server] = connectionPair({ limit: 1 << 20, capacity: 1 << 20 });
    client.writer.write('line\n'.repeat(LINES));
    client.writer.writeEof();
    client.reader.subscribe({ error: () => {} });
    await until('all has arrived', () => server.reader.bufferedAmount === 5 * LINES);
    const { longest, stop } = watchTurns(() => time);
    await way(server);
    stop();
    expect(time).toBeCloseTo(LINES * 0.05);
    // Ten, and the work between two checks of the clock.
    expect(longest()).toBeLessThan(13);
    client.destroy();
    server.destroy();
  });

  it('ten connections that are busy at once, in total', async () => {
    const pairs = Array.from({ length: 10 }, () => connectionPair({ limit: 1 << 20, capacity: 1 << 20 }));
    for (const [client] of pairs) client.writer.write('line\n'.repeat(500));
    for (const [client] of pairs) client.writer.writeEof();
    await until('all has arrived', () => pairs.every(([, { reader }]) => reader.bufferedAmount === 2500));
    const { longest, stop } = watchTurns(() => time);
    await Promise.all(
      pairs.map(([, { reader }]) => lastValueFrom(line$(reader).pipe(concatMapPausing(async () => 1)))),
    );
    stop();
    expect(longest()).toBeLessThan(15);
    for (const connection of pairs.flat()) connection.destroy();
  });

  it('values that one frame became, in mergeMapPausing() and eachValueFrom()', async () => {
    const many = () =>
      StreamReader.from(['x'].map((text) => Buffer.from(text))).pipe(
        read(),
        mergeMap(() => Array.from({ length: LINES }, (_, i) => i)),
      );
    for (const way of [
      () => lastValueFrom(many().pipe(concatMapPausing(async () => work()))),
      async () => {
        for await (const _ of eachValueFrom(many())) work();
      },
    ]) {
      const { longest, stop } = watchTurns(() => time);
      await way();
      stop();
      expect(longest()).toBeLessThan(13);
    }
  });

  it.each<[string, () => StreamReader]>([
    [
      'a connection',
      () => {
        const [client, server] = connectionPair();
        client.writer.close();
        return server.reader;
      },
    ],
    ['an Observable', () => StreamReader.from(of(Buffer.from('line')))],
    ['an iterable', () => StreamReader.from([])],
  ])('a loop that reads at the end of the stream forever, of %s', async (_, open) => {
    jest.restoreAllMocks();
    const reader = open();
    let timers = 0;
    const timer = setInterval(() => timers++, 1);
    // An empty Buffer is truthy: `if (!line) break` never does.
    for (const start = performance.now(); timers < 2 && performance.now() - start < 3000; ) await reader.readLine();
    clearInterval(timer);
    expect(timers).toBeGreaterThanOrEqual(2);
  });
});

/** The longest time from one turn to the next, by the clock of the spec. */
function watchTurns(now: () => number): { longest(): number; stop(): void } {
  let longest = 0;
  let last = now();
  let turning = setImmediate(function turn() {
    longest = Math.max(longest, now() - last);
    last = now();
    turning = setImmediate(turn);
  });
  return {
    longest: () => longest,
    stop: () => {
      longest = Math.max(longest, now() - last);
      clearImmediate(turning);
    },
  };
}

describe('a loop of writes and waits', () => {
  /** A kernel that accepts everything at once, as with a fast peer. */
  const eager = () => {
    const write = (_: unknown, done: () => void) => eventLoop.endOfTurn(done);
    return new Connection({ ...handTransport(), defer: eventLoop.endOfTurn, nextTurn: eventLoop.nextTurn, write })
      .writer;
  };

  it.each<[string, 'drain' | 'flush', number]>([
    ['little', 'drain', 10],
    ['more than the high-water mark', 'drain', 80_000],
    ['little', 'flush', 10],
    ['much', 'flush', 80_000],
  ])('yields the turn to others: %s, and %s()', async (_, wait, size) => {
    const [one, other] = [eager(), eager()];
    const chunk = Buffer.alloc(size);
    let turned = 0;
    let turning = setImmediate(function turn() {
      turned++;
      turning = setImmediate(turn);
    });
    // Nothing else in this loop yields the turn.
    for (const start = performance.now(); turned < 4 && performance.now() - start < 3000; ) {
      one.write(chunk);
      await one[wait]();
      other.write(chunk);
      await other[wait]();
    }
    clearImmediate(turning);
    expect(turned).toBe(4);
  });
});
