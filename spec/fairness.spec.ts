// Proves that a connection with much to deliver lets the timers and the other connections have their turns in between:
// by the order of what happens, not by its time.
import { concatMap, map, type Observable, of, tap, toArray } from 'rxjs';
import { backpressure, Connection, connectionPair, lines, StreamReader, writeTo } from '../src';
import { eventLoop } from '../src/eventLoop';
import { handFed } from './support/handFed';
import { handTransport } from './support/handTransport';
import { turns, until } from './support/until';

describe('a reader with much to deliver', () => {
  const LINES = 1000;
  const chunk = Buffer.from('line\n'.repeat(LINES));
  /** The clock by which a reader knows how long it has been at work: here only work takes time. */
  let time: number;
  /** Takes a tenth of a millisecond, so that all lines take a hundred. */
  const work = tap<string>(() => {
    time += 0.1;
  });

  beforeEach(async () => {
    // What the last spec did is over.
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
    // It may work for 10 ms in one go, and is looked at once in 16 lines.
    const steps = [...seenAtTurns];
    expect(steps.length).toBeGreaterThan(5);
    expect(turns).toBeGreaterThanOrEqual(steps.length);
  });

  function copied(reader: StreamReader): Observable<Uint8Array> {
    return reader.pipe(map((bytes) => Buffer.from(bytes)));
  }

  it('looks again soon where lines are slow', async () => {
    const { reader, push } = handFed(undefined, true);
    let seen = 0;
    const subscription = reader.pipe(lines()).subscribe(() => {
      seen++;
      time += 1;
    });
    push(chunk);
    // They were slow from the first on: it looks after 16 lines at the latest, and again after 16 more.
    expect(seen).toBeLessThanOrEqual(32);
    for (let turn = 0; turn < 5; turn++) {
      const before = seen;
      await turns(1);
      // Now it knows. A millisecond is a line.
      expect(seen - before).toBeGreaterThan(0);
      expect(seen - before).toBeLessThanOrEqual(13);
    }
    subscription.unsubscribe();
  });

  it.each<[string, () => Observable<Uint8Array>]>([
    ['an Observable', () => of(chunk)],
    ['a reader of one', () => StreamReader.from(of(chunk))],
  ])('goes on where the source can not wait: %s', (_, source) => {
    let seen = 0;
    source()
      .pipe(lines(), work)
      .subscribe(() => seen++);
    expect(seen).toBe(LINES);
  });

  it('is not stuck when it is unsubscribed, or held, in the turn that it yielded', async () => {
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

  it('serves another connection in between, and keeps the order, through writeTo', async () => {
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

  it('keeps the order and loses nothing where it yields under pressure', async () => {
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

describe('who writes and waits in a loop', () => {
  /** A kernel that takes everything at once, as it does where the peer is fast. */
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
  ])('leaves the others their turns: %s, and %s()', async (_, wait, size) => {
    const [one, other] = [eager(), eager()];
    const chunk = Buffer.alloc(size);
    let turned = 0;
    let turning = setImmediate(function turn() {
      turned++;
      turning = setImmediate(turn);
    });
    // Nothing else in this loop lets go of the turn.
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
