// Proves, in virtual time, that backpressure holds the right reader exactly while there is pressure, that values which
// arrive nevertheless wait in order and within `maxBuffered`, and that nothing stays held or gets lost at any kind of
// end.
import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  delay,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  observeOn,
  of,
  repeat,
  retry,
  Subject,
  scan,
  share,
  switchMap,
  take,
  tap,
} from 'rxjs';
import {
  type BackpressureOptions,
  BufferOverflowError,
  backpressure,
  ConnectionClosedError,
  lines,
  readExactly,
  readLine,
  type StreamReader,
} from '../../src';
import { Gate } from '../../src/flow/Gate';
import { type MarbleHelpers, runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { handFedWriter } from '../support/handFedWriter';
import { record } from '../support/record';

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

/** Writes each value where the gate looks, one byte a value, and passes it on. */
const writing = (to: { writer: { write(chunk: string): boolean } }) =>
  tap<string>((value) => void to.writer.write(value));

/** The number of bytes in a reader at each frame. */
const buffered = ({ cold }: MarbleHelpers, marble: string, reader: StreamReader) =>
  cold(marble).pipe(map(() => reader.bufferedAmount));

describe('backpressure', () => {
  describe('without pressure', () => {
    it.each([
      ['stays silent while the source does', '----', '----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['passes one value', '-a|', '-a|', '^-!'],
      ['passes many values', '-a(bc)-|', '-a(bc)-|', '^------!'],
      ['passes on an error', '-a#', '-a#', '^-!'],
    ])('%s', (_, source, emitted, subscribed) => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const values = cold(source);
        expectObservable(values.pipe(backpressure(connection().writer))).toBe(emitted);
        expectSubscriptions(values.subscriptions).toBe(subscribed);
      });
    });

    it('unsubscribes from the source when it is unsubscribed, between values and inside next', () => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const values = cold('-a-b-c');
        const gated = values.pipe(backpressure(connection().writer));
        expectObservable(gated, '^-!').toBe('-a');
        expectObservable(gated.pipe(take(2))).toBe('-a-(b|)');
        expectSubscriptions(values.subscriptions).toBe(['^-!', '^--!']);
      });
    });

    it('passes on an error that a consumer throws, and stops', () => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const values = cold('-a-b');
        const throwing = map(() => {
          throw 'thrown';
        });
        expectObservable(values.pipe(backpressure(connection().writer), throwing)).toBe('-#', {}, 'thrown');
        expectSubscriptions(values.subscriptions).toBe('^!');
      });
    });

    it('can be subscribed again inside next, error and complete', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader, writer } = connection('-a-b-c-d|');
        const one = reader.pipe(backpressure(writer), asText, take(1));
        const two = one.pipe(concatMap((first) => one.pipe(map((second) => first + second))));
        expectObservable(two.pipe(repeat(2))).toBe('---x---(y|)', { x: 'ab', y: 'cd' });
      });
      runMarbles(({ cold, connection, expectObservable }) => {
        const gated = cold('-a#').pipe(backpressure(connection().writer));
        expectObservable(gated.pipe(retry(1))).toBe('-a-a#');
      });
    });

    it('keeps no state between subscriptions', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { highWaterMark: 1, pressure: 4 });
        const gate = backpressure<string>(to.writer, { maxBuffered: 2, overflow: 'drop-newest' });
        to.writer.write('x');
        expectObservable(cold('abc').pipe(gate)).toBe('----(ab)');
        expectObservable(cold('def').pipe(gate)).toBe('----(de)');
      });
    });
  });

  describe('finds a reader to hold', () => {
    // Chunks arrive in frames 0, 1 and 2, and the kernel takes 5 frames for each: the others must wait in the reader.
    it.each<[string, (values: Observable<string>) => Observable<string>]>([
      ['directly', (values) => values],
      ['through map', map((value) => value)],
      ['through scan', scan((_, value) => value)],
      ['through concatMap', concatMap((value) => of(value))],
      ['through mergeMap', mergeMap((value) => [value])],
      ['through switchMap', switchMap((value) => concat(of(value), NEVER))],
      ['through share', share()],
      ['through a Subject', throughSubject],
      ['through merge', (values) => merge(values, NEVER)],
      ['through concat', (values) => concat(values, NEVER)],
    ])('%s', (_, through) => {
      runMarbles((helpers) => {
        const { connection, expectObservable } = helpers;
        const near = connection('abc');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const gated = through(near.reader.pipe(asText)).pipe(backpressure(to.writer), writing(to));
        expectObservable(gated).toBe('a----b----c');
        expectObservable(buffered(helpers, '---x--y----z', near.reader)).toBe('---x--y----z', { x: 2, y: 1, z: 0 });
      });
    });

    it.each<[string, (values: Observable<string>) => Observable<string>]>([
      ['delay', delay(2)],
      ['observeOn', observeOn(asyncScheduler, 2)],
      ['concatMap with an asynchronous inner Observable', concatMap((value) => of(value).pipe(delay(2)))],
      ['delay and share', (values) => values.pipe(delay(2), share())],
    ])('nearest in the pipe, after %s', (_, through) => {
      runMarbles((helpers) => {
        const { connection, expectObservable } = helpers;
        const near = connection('a--bc');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        expectObservable(near.reader.pipe(asText, through, backpressure(to.writer), writing(to), take(2))).toBe(
          '--a------(b|)',
        );
        expectObservable(buffered(helpers, '------x', near.reader)).toBe('------x', { x: 2 });
      });
    });

    it('for each value, when two readers are merged', () => {
      runMarbles((helpers) => {
        const { connection, expectObservable } = helpers;
        const one = connection('a--b');
        const other = connection('------xy');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const gated = merge(one.reader, other.reader).pipe(asText, backpressure(to.writer), writing(to));
        expectObservable(gated).toBe('a----b----x----y');
        // b waits in its reader. x arrives while only that reader is held: it waits in the gate, and y in its reader.
        expectObservable(buffered(helpers, '---x---y', one.reader)).toBe('---x---y', { x: 1, y: 0 });
        expectObservable(buffered(helpers, '------x-y', other.reader)).toBe('------x-y', { x: 0, y: 1 });
      });
    });

    it('the inner one of two, when one leads to the other', () => {
      runMarbles((helpers) => {
        const { connection, expectObservable } = helpers;
        const outer = connection('abc');
        const inner = connection('-xy');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const gated = outer.reader.pipe(
          take(1),
          switchMap(() => inner.reader),
          asText,
          backpressure(to.writer),
          writing(to),
        );
        expectObservable(gated).toBe('-x----y');
        expectObservable(buffered(helpers, '---x', inner.reader)).toBe('---x', { x: 1 });
        // Nothing holds this one: another read of it is answered at once.
        expectObservable(outer.reader.pipe(asText), '---^!').toBe('---(bc)');
      });
    });

    it('given by `source`, one or several, for any source of values', () => {
      runMarbles((helpers) => {
        const { cold, connection, expectObservable } = helpers;
        const one = connection('--a');
        const other = connection('--b');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const source = [one.reader, other.reader];
        expectObservable(cold('-x').pipe(backpressure(to.writer, { source }), writing(to))).toBe('-x');
        expectObservable(one.reader.pipe(asText)).toBe('------a');
        expectObservable(other.reader.pipe(asText)).toBe('------b');
      });
      runMarbles((helpers) => {
        const { cold, connection, expectObservable } = helpers;
        const { reader } = connection('--a');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        expectObservable(cold('-x').pipe(backpressure(to.writer, { source: reader }), writing(to))).toBe('-x');
        expectObservable(reader.pipe(asText)).toBe('------a');
      });
    });

    it('never for an empty list: it bounds its own values instead', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abcd');
        const to = connection('', {}, { highWaterMark: 1, pressure: 6 });
        const slow = { source: [], maxBuffered: 2, overflow: 'drop-oldest' } as const;
        const chunks = near.reader.pipe(asText, share());
        expectObservable(chunks.pipe(backpressure(to.writer, slow), writing(to))).toBe('a-----c-----d');
        expectObservable(chunks).toBe('abcd');
      });
    });

    it('or throws at the call when `source` is not a reader', () => {
      const { writer } = handFedWriter();
      for (const source of [null, 'reader', {}, [{}], new Subject()]) {
        expect(() => backpressure(writer, { source: source as never })).toThrow(TypeError);
      }
    });
  });

  describe('holding the reader', () => {
    it('pauses the socket too once the buffer is full, and resumes it at the low-water mark', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abcdef--|', {}, { limit: 1 });
        const to = connection('', {}, { highWaterMark: 1, pressure: 8 });
        expectObservable(near.reader.pipe(asText, backpressure(to.writer), writing(to), take(3))).toBe(
          'a-------b-------(c|)',
        );
        // Above two bytes it is paused, at one it is resumed, and one frame later it is full again.
        expectObservable(near.paused$).toBe('r--p------------(rp)', { p: true, r: false });
        expectObservable(to.written$).toBe('--------a-------b-------c');
      });
    });

    it('keeps the values that a synchronous operator made of one frame, in order', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('x--y-|', { x: 'abc' });
        const to = connection('', {}, { highWaterMark: 1, pressure: 2 });
        const split = mergeMap((chunk: string) => [...chunk]);
        expectObservable(near.reader.pipe(asText, split, backpressure(to.writer), writing(to))).toBe('a-b-c-y-|');
      });
    });

    it('works through two gates in one pipe, until both are open', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc');
        const fast = connection('', {}, { highWaterMark: 1, pressure: 2 });
        const slow = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const gates = near.reader.pipe(asText, backpressure(fast.writer), backpressure(slow.writer));
        expectObservable(gates.pipe(writing(fast), writing(slow))).toBe('a----b----c');
        expectObservable(fast.written$).toBe('--a----b----c');
      });
    });

    it('in the second of two gates holds the reader of a value that waited in the first, when two readers are merged', () => {
      runMarbles(({ connection, expectObservable }) => {
        const one = connection('a');
        const other = connection('--xy');
        const first = connection('', {}, { highWaterMark: 1, pressure: 4 });
        const second = connection('', {}, { highWaterMark: 1, pressure: 7 });
        const objects = merge(one.reader, other.reader).pipe(
          asText,
          map((value) => ({ value })),
          backpressure(first.writer),
          backpressure(second.writer),
          map(({ value }) => value),
        );
        expectObservable(objects.pipe(writing(first), writing(second))).toBe('a------x------y');
      });
    });

    it('works through the private buffer of an operator after another one', () => {
      runMarbles((helpers) => {
        const { connection, expectObservable } = helpers;
        const near = connection('x-y', { x: 'a\nb\n', y: 'c\n' }, { limit: 1 });
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const upper = map((chunk: Buffer) => Buffer.from(`${chunk}`.toUpperCase()));
        const gated = near.reader.pipe(upper, readLine({ limit: 8 }), asText, backpressure(to.writer), writing(to));
        expectObservable(gated).toBe('A----B----C', { A: 'A\n', B: 'B\n', C: 'C\n' });
      });
    });

    it('works through a private buffer that is full', () => {
      // This takes no time: 1 KiB blocks of a private buffer, whose limit is 64 KiB.
      const { reader, push } = handFed();
      const { writer } = handFedWriter();
      writer.write(Buffer.alloc(1 << 20));
      let blocks = 0;
      const copied = reader.pipe(map((chunk) => Buffer.from(chunk)));
      copied.pipe(readExactly(1024), backpressure(writer)).subscribe(() => blocks++);
      for (let i = 0; i < 1024; i++) push(Buffer.alloc(1024));
      expect(blocks).toBe(0);
      // One block is in the gate, 128 KiB and the chunk above are in the private buffer, the rest is in the reader.
      expect(reader.bufferedAmount).toBe((1024 - 1 - 129) * 1024);
    });
  });

  describe('releases the reader and loses nothing', () => {
    // This writer's peer takes nothing. In frame 9 another read takes the bytes of the reader.
    const stuck = { highWaterMark: 1, pressure: 1000 };

    it('when the gate is unsubscribed while it holds', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc');
        const to = connection('', {}, stuck);
        expectObservable(near.reader.pipe(asText, backpressure(to.writer), writing(to)), '^---!').toBe('a');
        expectObservable(near.reader.pipe(asText), '---------^').toBe('---------(bc)');
      });
    });

    it('when a consumer unsubscribes at the very value that causes the pressure', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc');
        const to = connection('', {}, stuck);
        expectObservable(near.reader.pipe(asText, backpressure(to.writer), writing(to), take(1))).toBe('(a|)');
        expectObservable(near.reader.pipe(asText), '---------^').toBe('---------(bc)');
      });
    });

    it('when a consumer throws', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc');
        const to = connection('', {}, stuck);
        const throwing = map((value: string) => {
          to.writer.write(value);
          throw 'thrown';
        });
        expectObservable(near.reader.pipe(asText, backpressure(to.writer), throwing)).toBe('#', {}, 'thrown');
        expectObservable(near.reader.pipe(asText), '---------^').toBe('---------(bc)');
      });
    });

    it('when one of two gates is unsubscribed: the other one still holds', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abc');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const never = connection('', {}, stuck);
        const both = merge(near.reader.pipe(asText)).pipe(share());
        expectObservable(both.pipe(backpressure(never.writer), writing(never)), '^--!').toBe('a');
        expectObservable(both.pipe(backpressure(to.writer), writing(to)), '^').toBe('a----b----c');
      });
    });

    it('when the reader ends while it is held', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('ab|');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        expectObservable(near.reader.pipe(asText, backpressure(to.writer), writing(to))).toBe('a----b----|');
      });
    });

    it('when the reader breaks while it is held: what arrived comes first', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('ab#', {}, { error: RESET });
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        expectObservable(near.reader.pipe(asText, backpressure(to.writer), writing(to))).toBe(
          'a----b----#',
          undefined,
          RESET,
        );
      });
    });

    it('when a source without a reader ends or errors while values wait', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { highWaterMark: 1, pressure: 4 });
        to.writer.write('x');
        const gate = backpressure<string>(to.writer);
        expectObservable(cold('ab|').pipe(gate)).toBe('----(ab|)');
        expectObservable(cold('ab#').pipe(gate)).toBe('----(ab#)');
      });
    });

    it('when the last waiting value causes pressure again: the end does not wait for it', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { highWaterMark: 1, pressure: 4 });
        expectObservable(cold('ab|').pipe(backpressure(to.writer), writing(to))).toBe('a---(b|)');
      });
    });

    it('and unsubscribes the source before it releases the reader', () => {
      const { reader, push } = handFed();
      const { writer } = handFedWriter();
      const seen: string[] = [];
      const subscription = reader
        .pipe(
          asText,
          tap((value) => seen.push(value)),
          backpressure(writer),
        )
        .subscribe(() => writer.write(Buffer.alloc(1 << 20)));
      push('a', 'b');
      subscription.unsubscribe();
      expect(seen).toEqual(['a']);
      expect(record(reader).seen).toEqual(['b']);
    });
  });

  describe('without a reader to hold', () => {
    /** Values arrive in frames 0 to 5; the pressure ends in frame 9. */
    const run = <T>(values: Record<string, T>, options: BackpressureOptions<T>, emitted: string, error?: unknown) =>
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const to = connection('', {}, { highWaterMark: 1, pressure: 9 });
        to.writer.write('x');
        const source = cold('abcdef', values);
        expectObservable(source.pipe(backpressure(to.writer, options))).toBe(emitted, values, error);
        const until = emitted === '#' ? '(^!)' : emitted.replace(/^-/, '^').replace('#', '!');
        if (error !== undefined) expectSubscriptions(source.subscriptions).toBe(until);
      });
    const texts = Object.fromEntries([...'abcdef'].map((letter) => [letter, letter.repeat(2)]));
    const umlauts = Object.fromEntries([...'abcdef'].map((letter) => [letter, 'ä']));
    const bytes = Object.fromEntries([...'abcdef'].map((letter) => [letter, new Uint8Array(2)]));
    const objects = Object.fromEntries([...'abcdef'].map((letter) => [letter, { letter }]));

    it('holds values up to maxBuffered, and counts strings by their UTF-8 bytes', () => {
      run(texts, { maxBuffered: 12 }, '---------(abcdef)');
      run(umlauts, { maxBuffered: 12 }, '---------(abcdef)');
      run(bytes, { maxBuffered: 12 }, '---------(abcdef)');
    });

    it("errors above maxBuffered with overflow 'error', the default", () => {
      run(texts, { maxBuffered: 7 }, '---#', new BufferOverflowError(7, 6));
      run(umlauts, { maxBuffered: 7 }, '---#', new BufferOverflowError(7, 6));
      run(bytes, { maxBuffered: 7, overflow: 'error' }, '---#', new BufferOverflowError(7, 6));
      run(texts, { maxBuffered: 1 }, '#', new BufferOverflowError(1, 0));
      run(texts, { maxBuffered: 0 }, '#', new BufferOverflowError(0, 0));
    });

    it('holds 1 MiB by default', () => {
      const mebi = Object.fromEntries([...'abcdef'].map((letter) => [letter, Buffer.alloc((1 << 20) / 4)]));
      run(mebi, {}, '----#', new BufferOverflowError(1 << 20, 1 << 20));
    });

    it("holds everything with overflow 'unbounded'", () => {
      run(texts, { maxBuffered: 7, overflow: 'unbounded' }, '---------(abcdef)');
      run(objects, { overflow: 'unbounded' }, '---------(abcdef)');
      run(objects, { maxBuffered: Number.POSITIVE_INFINITY, size: () => 1 }, '---------(abcdef)');
    });

    it('drops the oldest or the newest values, and counts them', () => {
      const dropped: unknown[] = [];
      const onDrop = (value: unknown, total: number) => dropped.push([value, total]);
      run(texts, { maxBuffered: 7, overflow: 'drop-oldest', onDrop }, '---------(def)');
      expect(dropped.splice(0)).toEqual([
        ['aa', 1],
        ['bb', 2],
        ['cc', 3],
      ]);
      run(texts, { maxBuffered: 7, overflow: 'drop-newest', onDrop }, '---------(abc)');
      expect(dropped.splice(0)).toEqual([
        ['dd', 1],
        ['ee', 2],
        ['ff', 3],
      ]);
    });

    it('requires `size` for other values, and says so', () => {
      run(objects, { maxBuffered: 7, size: () => 2, overflow: 'drop-newest' }, '---------(abc)');
      run(
        objects,
        { maxBuffered: 7, size: ({ letter }) => (letter === 'a' ? 2 : 7), overflow: 'drop-newest' },
        '---------a',
      );
      const message = 'Cannot hold a value of type object: no StreamReader is upstream; give { source } or { size }';
      run(objects, {}, '#', new TypeError(message));
      run(objects, { size: () => Number.NaN }, '#', expect.any(RangeError));
    });

    it.each(['size', 'onDrop'])('passes on an error that %s throws', (name) => {
      const throwing = () => {
        throw 'thrown';
      };
      run(texts, { maxBuffered: 1, overflow: 'drop-newest', [name]: throwing }, '#', 'thrown');
    });

    it('never drops a value that a reader delivered', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const near = connection('a');
        const to = connection('', {}, { highWaterMark: 1, pressure: 9 });
        to.writer.write('x');
        const mixed = merge(near.reader.pipe(asText), cold('-bcd'));
        const gate = backpressure<string>(to.writer, { maxBuffered: 2, overflow: 'drop-oldest' });
        expectObservable(mixed.pipe(gate)).toBe('---------(acd)');
      });
    });

    it.each<[object, typeof TypeError | typeof RangeError]>([
      [{ maxBuffered: -1 }, RangeError],
      [{ maxBuffered: Number.NaN }, RangeError],
      [{ maxBuffered: '1' }, TypeError],
      [{ overflow: 'drop' }, TypeError],
    ])('throws for %p at the call', (options, error) => {
      expect(() => backpressure(handFedWriter().writer, options)).toThrow(error);
    });
  });

  describe('when the writer is closed', () => {
    const closed = (message: string, cause?: unknown, discarded = 0) =>
      new ConnectionClosedError(message, { cause, discarded });
    /** An error with its cause, since errors are compared by their messages. */
    const withCause = catchError((error: Error) => of([error.name, error.message, error.cause]));

    it.each<[string, string, (to: { destroy(error?: unknown): void; reset(): void }) => void, unknown[]]>([
      [
        'the peer resets',
        '---#',
        () => {},
        ['ConnectionClosedError', 'Cannot write: the peer reset the connection', RESET],
      ],
      [
        'we destroy it',
        '----',
        (to) => to.destroy('reason'),
        ['ConnectionClosedError', 'Cannot write: the connection was ended on this side', 'reason'],
      ],
      [
        'we reset it',
        '----',
        (to) => to.reset(),
        ['ConnectionClosedError', 'Cannot write: the connection was ended on this side', undefined],
      ],
    ])('%s: errors while values wait, and takes nothing more from the reader', (_, incoming, end, error) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const near = connection('(abc)');
        const to = connection(incoming, {}, { error: RESET, highWaterMark: 1, pressure: 1000 });
        const twice = mergeMap((value: string) => [value, `${value}2`]);
        const gated = near.reader.pipe(asText, twice, backpressure(to.writer), writing(to));
        expectObservable(gated.pipe(withCause)).toBe('a--(e|)', { a: 'a', e: error });
        expectObservable(cold('---x|').pipe(tap(() => end(to)))).toBe('---x|');
        expectObservable(near.reader.pipe(asText), '------^').toBe('------(bc)');
      });
    });

    it.each<[string, (to: { writer: { writeEof(): void; close(): void } }) => void, Error]>([
      ['writeEof', (to) => to.writer.writeEof(), closed('Cannot write: the writing side was ended')],
      ['close', (to) => to.writer.close(), closed('Cannot write: the connection was closed on this side')],
    ])('%s: errors for the waiting values as soon as there is room', (_, end, error) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const near = connection('(abc)');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const twice = mergeMap((value: string) => [value, `${value}2`]);
        const gated = near.reader.pipe(asText, twice, backpressure(to.writer), writing(to));
        expectObservable(gated).toBe('a----#', undefined, error);
        expectObservable(cold('---x|').pipe(tap(() => end(to)))).toBe('---x|');
        expectObservable(near.reader.pipe(asText), '------^').toBe('------(bc)');
      });
    });

    it('errors at once and subscribes to no source, if it was closed before', () => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const to = connection();
        to.reset();
        const silent = cold('-');
        const error = closed('Cannot write: the connection was ended on this side');
        expectObservable(silent.pipe(backpressure(to.writer)), '----!').toBe('#', undefined, error);
        expectSubscriptions(silent.subscriptions).toBe([]);
      });
    });

    it('errors at the next value, when none waits', () => {
      runMarbles(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const to = connection();
        to.writer.writeEof();
        const source = cold('--a--b');
        const error = closed('Cannot write: the writing side was ended');
        expectObservable(source.pipe(backpressure(to.writer))).toBe('--#', undefined, error);
        expectSubscriptions(source.subscriptions).toBe('^-!');
      });
    });

    it('errors while values wait, also after the source has completed', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('---#', {}, { error: RESET, highWaterMark: 1, pressure: 1000 });
        to.writer.write('x');
        const error = closed('Cannot write: the peer reset the connection', RESET, 1);
        expectObservable(cold('a|').pipe(backpressure(to.writer))).toBe('---#', undefined, error);
      });
    });

    it('does not error after completion', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('---#', {}, { error: RESET });
        expectObservable(cold('a|').pipe(backpressure(to.writer))).toBe('a|');
      });
    });
  });

  it('keeps pressure$ correct for subscribers before and after it, also when it fills the writer again at once', () => {
    const { reader, push } = handFed();
    const { writer, takeAll } = handFedWriter({ highWaterMark: 1 });
    const told: boolean[] = [];
    writer.pressure$.subscribe((on) => (told[0] = on));
    reader.pipe(asText, backpressure(writer)).subscribe((value) => writer.write(value));
    writer.pressure$.subscribe((on) => (told[1] = on));
    push('a', 'b', 'c', 'd');
    for (const left of [true, true, true, false]) {
      takeAll();
      expect([writer.pressured, ...told]).toEqual([left, left, left]);
    }
  });

  it('asks only the gates that wait for the end of pressure, however many share a writer', () => {
    const asked = jest.spyOn(Gate.prototype, 'pressure');
    const { writer, takeAll } = handFedWriter({ highWaterMark: 1 });
    for (let i = 0; i < 1000; i++) NEVER.pipe(backpressure(writer)).subscribe();
    const { reader, push } = handFed();
    const { seen, subscription } = record(
      reader.pipe(
        asText,
        backpressure(writer),
        tap((value) => writer.write(value)),
      ),
    );
    for (let i = 0; i < 20; i++) {
      push('x', 'y');
      takeAll();
      takeAll();
    }
    expect(seen.join('')).toBe('xy'.repeat(20));
    expect(asked.mock.calls.length).toBeLessThanOrEqual(40);
    asked.mockRestore();
    subscription.unsubscribe();
  });

  it('shares the room between several sources, also when one of them always has more', () => {
    const [one, other] = [handFed(), handFed()];
    const { writer, takeAll } = handFedWriter({ highWaterMark: 4 });
    const seen: string[] = [];
    for (const { reader } of [one, other]) {
      reader.pipe(lines(), backpressure(writer)).subscribe((line) => {
        seen.push(line);
        writer.write(`${line}\n`);
      });
    }
    one.push('a1\na2\na3\na4\na5\na6\na7\na8\n');
    other.push('b1\nb2\nb3\nb4\n');
    for (let turn = 0; turn < 4; turn++) takeAll();
    expect(seen.join(' ')).toMatch(/b1.*b2.*a\d.*b3/);
  });
});

/** Breaks the chain of `source`s, but not the chain of calls. */
function throughSubject(values: Observable<string>): Observable<string> {
  const subject = new Subject<string>();
  values.subscribe(subject);
  return subject;
}
