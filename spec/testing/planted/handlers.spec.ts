// Proves that marbles and scripts find bugs in handlers: each bug is planted in a copy of a correct handler, and the
// report has its time, or its step and byte.
import { concatMap, interval, map, merge, type Observable, take, takeUntil, tap } from 'rxjs';
import { decode, lines, readExactly, readLine, writeTo } from 'rxjs-tcp';
import { type MarbleConnection, type MarbleHelpers, runMarbles, scriptedPeer } from 'rxjs-tcp/testing';
import { failureOf } from '../../support/failureOf';

type Handler = (connection: MarbleConnection) => Observable<unknown>;
type Test = (helpers: MarbleHelpers, handler: Handler) => void;

/** The report of the kit on a handler; `undefined` if it finds nothing. */
function report(test: Test, handler: Handler): string | undefined {
  try {
    runMarbles((helpers) => test(helpers, handler));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const upper = map((bytes: Buffer | string) => `${bytes}`.toUpperCase());

describe('the testing kit finds, with its place:', () => {
  it('bytes lost on unsubscribe', () => {
    const test: Test = ({ connection, expectObservable }, handler) => {
      const near = connection('--a--b--|', { a: '3\nab', b: 'c' });
      expectObservable(handler(near)).toBe('-----(a|)', { a: 3 });
      expectObservable(near.written$).toBe('-----(a|)', { a: 'ABC' });
    };
    const sized = (head: Observable<Buffer>, { reader, writer }: MarbleConnection) =>
      head.pipe(
        readLine(),
        take(1),
        concatMap((size) => reader.pipe(readExactly(Number(size)), take(1))),
        upper,
        writeTo(writer, { end: true }),
      );
    expect(report(test, (near) => sized(near.reader, near))).toBe(undefined);
    // The part of the chunk that `map` has taken is lost with the subscription to it.
    const message = report(test, (near) => sized(near.reader.pipe(map((chunk) => chunk)), near));
    expect(message).toContain('at 5 ms, 3 was expected, and nothing was seen');
    expect(message).toContain('# IncompleteReadError: Cannot read 3 bytes: the stream ended after 1');
  });

  it('a character cut at the border of a chunk', () => {
    const [head, tail] = [Buffer.from('grü').subarray(0, 3), Buffer.from('ü').subarray(1)];
    const test: Test = ({ connection, expectObservable }, handler) => {
      const near = connection('-a-b|', { a: head, b: [tail, 'n\n'] }, { pressure: '-----x' });
      handler(near).subscribe();
      expectObservable(near.written$).toBe('-----(a|)', { a: 'grün\n' });
    };
    const right: Handler = ({ reader, writer }) => reader.pipe(readLine(), map(String), tap(writer));
    const cutting: Handler = ({ reader, writer }) => reader.pipe(map(String), tap(writer));
    expect(report(test, right)).toBe(undefined);
    expect(report(test, cutting)).toContain('at 5 ms, byte 2 is ef, not c3');
  });

  it('a frame that is one byte too short at the border of a chunk', async () => {
    const exact = decode(function* (read) {
      const size = (yield* read.exactly(1)).readUInt8();
      return yield* read.exactly(size);
    });
    // Correct as long as the size and the rest are in one chunk.
    const short = decode({
      decode: (buffer) => {
        if (buffer.length === 0) return undefined;
        const size = buffer.readUInt(0, 1);
        if (buffer.length < size) return undefined;
        buffer.skip(1);
        return buffer.take(Math.min(size, buffer.length));
      },
    });
    const test = (operator: typeof exact) => () =>
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('-a-b|', { a: '\x02h', b: 'i' });
        expectObservable(reader.pipe(operator)).toBe('---a|', { a: 'hi' });
      });
    expect(test(exact)).not.toThrow();
    expect(test(short as typeof exact)).toThrow("at 1 ms, 'h' was seen, and nothing was expected");
  });

  const quitting = (writer: MarbleConnection['writer'], last: () => void) =>
    tap((line: string) => {
      if (line !== 'quit') return;
      last();
      writer.writeEof();
    });

  it('a write after FIN, in virtual time', () => {
    const test: Test = ({ connection, expectObservable }, handler) => {
      const near = connection('-a--b-|', { a: 'quit\n', b: 'quit\n' });
      expectObservable(handler(near).pipe(take(1)), '^ 10ms !').toBe('-(a|)', { a: 'quit' });
      expectObservable(near.written$).toBe('-(a|)', { a: 'bye\n' });
    };
    const right: Handler = ({ reader, writer }) =>
      reader.pipe(
        lines(),
        quitting(writer, () => writer.write('bye\n')),
      );
    const wrong: Handler = ({ reader, writer }) =>
      reader.pipe(
        lines(),
        quitting(writer, () => {}),
        tap(() => writer.write('bye\n')),
      );
    expect(report(test, right)).toBe(undefined);
    expect(report(test, wrong)).toContain(
      "at 1 ms, # ConnectionClosedError: Cannot write: the writing side was ended was seen, and 'quit' expected",
    );
  });

  it('a write after FIN, with a script', async () => {
    const peer = scriptedPeer().sends('quit\n').receives('bye\n').receivesFin();
    const { reader, writer } = peer.connect();
    reader
      .pipe(
        lines(),
        quitting(writer, () => {}),
      )
      .subscribe({
        next: () => writer.next('bye\n'),
        error: () => {},
      });
    expect(await failureOf(peer.done)).toMatchObject({
      message: expect.stringContaining("step 2 of 3, receives 'bye\\n': the other side ended after 0 of 4 bytes"),
    });
  });

  it('ignored pressure', () => {
    const test: Test = ({ connection, expectObservable }, handler) => {
      const near = connection('aaaa', {}, { limit: 1, highWaterMark: 1, pressure: '--------x' });
      handler(near).subscribe();
      expectObservable(near.written$).toBe('--------a');
      expectObservable(near.paused$).toBe('f--t', { f: false, t: true });
    };
    const right: Handler = ({ reader, writer }) => reader.pipe(writeTo(writer));
    const wrong: Handler = ({ reader, writer }) => reader.pipe(tap((chunk) => void writer.write(chunk)));
    expect(report(test, right)).toBe(undefined);
    expect(report(test, wrong)).toContain('at 3 ms, true was expected, and nothing more was seen');
  });

  it('a timer that is not cleared', () => {
    const test: Test = ({ connection, flush, scheduler }, handler) => {
      handler(connection('2500ms |')).subscribe();
      flush();
      expect(scheduler.now()).toBe(2500);
    };
    const alive = ({ writer }: MarbleConnection) => interval(1000).pipe(tap(() => writer.next('.')));
    const ending = ({ reader, writer }: MarbleConnection) => reader.pipe(lines(), writeTo(writer, { end: true }));
    const right: Handler = (near) => merge(ending(near), alive(near).pipe(takeUntil(near.closed$)));
    const wrong: Handler = (near) => merge(ending(near), alive(near));
    expect(report(test, right)).toBe(undefined);
    expect(report(test, wrong)).toMatch(/1000000 tasks were scheduled by \d+ ms, so a timer is never cleared/);
  });
});
