// Proves that writeTo writes everything, no faster than the peer reads, that its progress counts the bytes of its own
// that the kernel took, and how it ends. Which reader it holds, and when, is proved for backpressure.
import { Readable } from 'node:stream';
import {
  catchError,
  finalize,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  repeat,
  Subject,
  take,
  tap,
} from 'rxjs';
import { ConnectionClosedError, StreamReader, writeTo } from '../../src';
import { WrittenRanges } from '../../src/flow/WrittenRanges';
import { runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { handFedWriter } from '../support/handFedWriter';
import { turns } from '../support/until';

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
/** Numbers and batches by the characters of a marble. */
const N = Object.fromEntries([...'0123456789'].map((digit) => [digit, Number(digit)]));
const BATCHES = { ...Object.fromEntries([...'abcd'].map((letter) => [letter, letter])), x: 'cd' };

describe('writeTo', () => {
  // The kernel takes 2 frames for a batch.
  it.each<[title: string, source: string, emitted: string, sent: string, subscribed: string]>([
    ['stays silent while the source does', '----', '----', '----', '^'],
    ['emits 0 on an empty source', '--|', '--(0|)', '---', '^-!'],
    ['writes one value, and emits its bytes when the kernel has them', '-a----|', '---1--|', '---a', '^-----!'],
    [
      'adds up the bytes of all values, and completes when all are flushed',
      '-a--b|',
      '---1--(2|)',
      '---a--b',
      '^----!',
    ],
    ['joins the values that arrive while the kernel is busy', '-ab-cd|', '---1-2-(4|)', '---a-b-x', '^-----!'],
    ['passes on an error of the source at once, and still sends queued bytes', '-a#', '--#', '---a', '^-!'],
    ['passes on an error that comes first', '#', '#', '---', '(^!)'],
  ])('%s', (_, source, emitted, sent, subscribed) => {
    runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
      const values = cold(source);
      const to = connection('', {}, { pressure: 2 });
      expectObservable(values.pipe(writeTo(to.writer))).toBe(emitted, N);
      expectObservable(to.written$).toBe(sent, BATCHES);
      expectSubscriptions(values.subscriptions).toBe(subscribed);
    });
  });

  it('reports progress only to the source whose bytes were written, however many share a writer', () => {
    const asked = jest.spyOn(WrittenRanges.prototype, 'advance');
    const { writer, takeAll } = handFedWriter();
    const sources = Array.from({ length: 1000 }, () => new Subject<string>());
    const counts = sources.map(() => 0);
    sources.forEach((source, i) => {
      source.pipe(writeTo(writer)).subscribe((count) => (counts[i] = count));
    });
    for (const source of sources.slice(0, 100)) {
      source.next('ab');
      takeAll();
    }
    // Now one batch of several.
    for (const source of sources.slice(500)) source.next('abc');
    sources[500]!.next('d');
    takeAll();
    expect(counts.slice(98, 102)).toEqual([2, 2, 0, 0]);
    expect(counts.slice(499, 502)).toEqual([0, 4, 3]);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(601);
    asked.mockRestore();
  });

  it('leaves the connection open when the source errors: another source can write', () => {
    runMarbles(({ cold, connection, expectObservable }) => {
      const to = connection();
      const failing = cold('a#').pipe(writeTo(to.writer, { end: true }));
      expectObservable(failing.pipe(catchError(() => cold('-b|').pipe(writeTo(to.writer))))).toBe('1-1|', N);
      expectObservable(to.written$).toBe('a-b', BATCHES);
    });
  });

  it('pulls values no faster than the peer reads', () => {
    runMarbles(({ connection, expectObservable }) => {
      const near = connection('abcd|', {}, { limit: 1 });
      const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
      expectObservable(near.reader.pipe(writeTo(to.writer))).toBe('-----1----2----3----(4|)', N);
      expectObservable(near.paused$).toBe('r--p------r', { p: true, r: false });
      expectObservable(to.written$).toBe('-----a----b----c----d', BATCHES);
    });
  });

  it('writes bytes and strings, and counts a string by its bytes', () => {
    runMarbles(({ connection, expectObservable }) => {
      const to = connection();
      expectObservable(of('ä', Buffer.from('ü'), '', new Uint8Array(0)).pipe(writeTo(to.writer))).toBe('(4|)', N);
      expectObservable(to.written$).toBe('x', { x: 'äü' });
    });
  });

  it('errors for other values, and unsubscribes from the source', () => {
    runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
      const numbers = cold('-a-b', { a: 3, b: 4 }) as unknown as Observable<string>;
      expectObservable(numbers.pipe(writeTo(connection().writer))).toBe('-#', undefined, expect.any(TypeError));
      expectSubscriptions((numbers as unknown as { subscriptions: [] }).subscriptions).toBe('^!');
    });
  });

  it('leaves queued bytes queued when it is unsubscribed, and sends no FIN', () => {
    runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
      const to = connection('', {}, { pressure: 3 });
      const values = cold('ab-c-|');
      expectObservable(values.pipe(writeTo(to.writer, { end: true })), '^-!').toBe('---');
      expectObservable(to.written$).toBe('---a--b', BATCHES);
      expectSubscriptions(values.subscriptions).toBe('^-!');
    });
    runMarbles(({ cold, connection, expectObservable }) => {
      const to = connection('', {}, { pressure: 3 });
      expectObservable(cold('a|').pipe(writeTo(to.writer, { end: true }), take(1))).toBe('---(1|)', N);
      expectObservable(to.written$).toBe('---a', BATCHES);
    });
  });

  it('passes on an error that a consumer throws, and unsubscribes from the source', () => {
    runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
      const values = cold('a--b');
      const throwing = map(() => {
        throw 'thrown';
      });
      expectObservable(values.pipe(writeTo(connection().writer), throwing)).toBe('#', {}, 'thrown');
      expectSubscriptions(values.subscriptions).toBe('(^!)');
    });
  });

  it('can be subscribed again inside complete, and keeps no state between subscriptions', () => {
    runMarbles(({ cold, connection, expectObservable }) => {
      const to = connection('', {}, { pressure: 1 });
      expectObservable(cold('ab|').pipe(writeTo(to.writer), repeat(2))).toBe('-121(2|)', N);
    });
  });

  describe('with `end`', () => {
    it('sends FIN only after its flush, and after the bytes of other sources', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { pressure: 3 });
        expectObservable(cold('a|').pipe(writeTo(to.writer, { end: true }))).toBe('---(1|)', N);
        expectObservable(cold('--b|').pipe(writeTo(to.writer))).toBe('------(1|)', N);
        expectObservable(to.written$).toBe('---a--(b|)', BATCHES);
      });
    });

    it('sends FIN for an empty source, and none for one that errors', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const [empty, failed] = [connection(), connection()];
        expectObservable(cold('--|').pipe(writeTo(empty.writer, { end: true }))).toBe('--(0|)', N);
        expectObservable(cold('--#').pipe(writeTo(failed.writer, { end: true }))).toBe('--#');
        expectObservable(empty.written$).toBe('--|');
        expectObservable(failed.written$).toBe('---');
      });
    });
  });

  describe('progress', () => {
    it('is exact when several sources share a writer and one writes directly', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { pressure: 4 });
        expectObservable(cold('a-c---e|', { a: 'a', c: 'ccc', e: 'e' }).pipe(writeTo(to.writer))).toBe(
          '--------4---(5|)',
          N,
        );
        expectObservable(cold('-b-d---|', { b: 'bb', d: 'dddd' }).pipe(writeTo(to.writer))).toBe('--------(6|)', N);
        to.writer.write('!');
        expectObservable(to.written$).toBe('----x---y---z', { x: '!', y: 'abbcccdddd', z: 'e' });
      });
    });

    it('follows the batches of a large value', () => {
      const { writer, takeAll } = handFedWriter();
      const seen: (number | string)[] = [];
      of(Buffer.alloc(600 * 1024))
        .pipe(writeTo(writer))
        .subscribe({ next: (count) => seen.push(count / 1024), complete: () => seen.push('|') });
      for (let turn = 0; turn < 3; turn++) takeAll();
      expect(seen).toEqual([256, 512, 600, '|']);
    });
  });

  describe('when the writer is closed', () => {
    const withName = catchError((error: Error) => of(error.name));
    const withCause = catchError((error: Error) => of([error.name, error.message, error.cause]));
    const reset = ['ConnectionClosedError', 'Cannot write: the peer reset the connection', RESET];

    it('errors while values wait, and while their flush is pending', () => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const to = connection('---#', {}, { error: RESET, highWaterMark: 1, pressure: 1000 });
        const values = cold('abc-d');
        expectObservable(values.pipe(writeTo(to.writer), withCause)).toBe('---(e|)', { e: reset });
        expectObservable(of('x').pipe(writeTo(to.writer), withCause)).toBe('---(e|)', { e: reset });
        expectSubscriptions(values.subscriptions).toBe('^--!');
      });
    });

    it('ends a silent source', () => {
      runMarbles(({ connection, expectObservable }) => {
        const to = connection('---#', {}, { error: RESET });
        expectObservable(NEVER.pipe(writeTo(to.writer), withCause)).toBe('---(e|)', { e: reset });
      });
    });

    it.each(['destroy', 'reset'] as const)('errors at once after %s, and subscribes to no source', (end) => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const to = connection();
        to[end]();
        const silent = cold('-');
        const error = expect.any(ConnectionClosedError);
        expectObservable(silent.pipe(writeTo(to.writer)), '----!').toBe('#', {}, error);
        expectObservable(silent.pipe(writeTo(to.writer, { end: true })), '----!').toBe('#', {}, error);
        expectSubscriptions(silent.subscriptions).toBe([]);
      });
    });

    it.each(['writeEof', 'close'] as const)(
      'keeps a silent source after %s, and errors when the connection is gone',
      (end) => {
        runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
          const to = connection('-----|');
          const silent = cold('-');
          to.writer[end]();
          expectObservable(silent.pipe(writeTo(to.writer), withName)).toBe('-----(e|)', { e: 'ConnectionClosedError' });
          expectSubscriptions(silent.subscriptions).toBe('^----!');
        });
      },
    );

    it('leaves unwritten values in the reader', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('(abc)');
        const to = connection('---#', {}, { error: RESET, highWaterMark: 1, pressure: 1000 });
        expectObservable(near.reader.pipe(writeTo(to.writer), withCause)).toBe('---(e|)', { e: reset });
        expectObservable(near.reader.pipe(asText), '------^').toBe('------(bc)');
      });
    });

    it.each(['writeEof', 'close'] as const)('completes after %s if everything was written before', (end) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { pressure: 3 });
        expectObservable(cold('a|').pipe(writeTo(to.writer, { end: true }))).toBe('---(1|)', N);
        expectObservable(cold('--x|').pipe(tap(() => to.writer[end]()))).toBe('--x|');
        expectObservable(to.written$).toBe('---(a|)', BATCHES);
      });
    });

    it.each(['writeEof', 'close'] as const)('errors after %s at the next value', (end) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection();
        to.writer[end]();
        expectObservable(cold('-a').pipe(writeTo(to.writer))).toBe('-#', {}, expect.any(ConnectionClosedError));
      });
    });
  });

  describe('pulls from a reader at most its read-ahead', () => {
    // Chunks of 16 KiB each, and a peer that takes nothing: 9 fill the reader, 4 cause the pressure of the writer, and
    // one may be in flight.
    const CHUNK = 16 * 1024;
    const MOST = 9 + 4 + 1;
    let pulled = 0;
    async function* chunks(count: number): AsyncGenerator<Uint8Array> {
      for (; count > 0; count--) {
        pulled++;
        yield new Uint8Array(CHUNK);
      }
    }
    beforeEach(() => {
      pulled = 0;
    });

    it.each<[string, (count: number) => StreamReader]>([
      ['an async iterable', (count) => StreamReader.from(chunks(count))],
      ['an iterable', (count) => StreamReader.from(syncChunks(count))],
      ['a Readable', (count) => StreamReader.from(Readable.from(chunks(count), { highWaterMark: 1 }))],
      ['a Web stream', (count) => StreamReader.from(webStream(chunks(count)))],
      [
        'a pipe after a reader',
        (count) => StreamReader.from(StreamReader.from(chunks(count)).pipe(map((chunk) => chunk))),
      ],
    ])('with %s', async (kind, open) => {
      const { writer, takeAll, taken } = handFedWriter();
      const seen: (number | string)[] = [];
      open(40)
        .pipe(writeTo(writer, { end: true }))
        .subscribe({ next: (count) => seen.push(count / CHUNK), complete: () => seen.push('|') });
      await turns(100);
      expect(seen).toEqual([]);
      // Streams buffer one chunk of their own, a second reader as many as the first.
      const most = kind === 'a pipe after a reader' ? MOST + 9 : MOST + 2;
      expect(pulled).toBeGreaterThanOrEqual(4);
      expect(pulled).toBeLessThanOrEqual(most);
      takeAll();
      const [first] = seen as [number];
      expect(first).toBeGreaterThanOrEqual(4);
      await turns(100);
      expect(pulled).toBeLessThanOrEqual(most + first);
      while (seen.at(-1) !== '|') {
        takeAll();
        await turns(5);
      }
      takeAll();
      expect(seen.slice(-2)).toEqual([40, '|']);
      expect(taken.at(-1)).toBe('FIN');
      expect(taken.slice(0, -1).join('').length).toBe(40 * CHUNK);
    });

    function* syncChunks(count: number): Generator<Uint8Array> {
      for (; count > 0; count--) {
        pulled++;
        yield new Uint8Array(CHUNK);
      }
    }

    function webStream(source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
      return new ReadableStream(
        {
          pull: async (controller) => {
            const { done, value } = await source.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
        },
        { highWaterMark: 0 },
      );
    }
  });

  it('unsubscribes the source first and releases the reader last', () => {
    const { reader, push } = handFed();
    const { writer } = handFedWriter({ highWaterMark: 1 });
    const order: string[] = [];
    const values = reader.pipe(
      asText,
      tap((value) => order.push(value)),
      finalize(() => order.push('unsubscribed')),
    );
    const subscription = values.pipe(writeTo(writer)).subscribe();
    push('a', 'b');
    subscription.unsubscribe();
    expect(order).toEqual(['a', 'unsubscribed']);
    expect(reader.peek(9).toString()).toBe('b');
  });

  it.each([{ source: {} }, { maxBuffered: -1 }, { overflow: 'lossy' }])('throws for %p at the call', (options) => {
    expect(() => writeTo(handFedWriter().writer, options as never)).toThrow();
  });

  it('echoes merged readers without starving one of them', () => {
    const [one, other] = [handFed(), handFed()];
    const { writer, takeAll, taken } = handFedWriter({ highWaterMark: 2 });
    merge(one.reader, other.reader)
      .pipe(
        asText,
        mergeMap((chunk) => chunk),
        writeTo(writer),
      )
      .subscribe();
    one.push('aa', 'aa', 'aa', 'aa', 'aa');
    other.push('b', 'b');
    for (let turn = 0; turn < 4; turn++) takeAll();
    expect(taken.join('')).toMatch(/b.*b/);
  });
});
