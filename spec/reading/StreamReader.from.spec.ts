// Proves that a reader can be made from every kind of source, reads no further ahead than allowed, and errors as its
// source does.
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { concat, defer, finalize, from, map, NEVER, Observable, of, Subject, take, tap, throwError } from 'rxjs';
import { BufferOverflowError } from '../../src/errors';
import { lines } from '../../src/operators/lines';
import { readExactly } from '../../src/operators/readExactly';
import { readLine } from '../../src/operators/readLine';
import type { ByteSource } from '../../src/reading/feedFrom';
import { StreamReader } from '../../src/reading/StreamReader';
import { runMarbles } from '../../src/testing';
import { bytes } from '../support/cuts';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';
import { record, text } from '../support/record';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function* generate(chunks: Iterable<Uint8Array>, error?: unknown): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
  if (error !== undefined) throw error;
}

function* generateNow(chunks: Iterable<Uint8Array>, error?: unknown): Generator<Uint8Array> {
  yield* chunks;
  if (error !== undefined) throw error;
}

function web(chunks: Iterable<Uint8Array>, error?: unknown): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream(
    {
      pull(controller) {
        const next = iterator.next();
        if (!next.done) controller.enqueue(next.value);
        else if (error === undefined) controller.close();
        else controller.error(error);
      },
    },
    { highWaterMark: 0 },
  );
}

// Each kind of source: from chunks, and from chunks followed by an error.
const kinds: [kind: string, make: (chunks: Uint8Array[], error?: unknown) => ByteSource][] = [
  [
    'an Observable',
    (chunks, error) =>
      error === undefined
        ? from(chunks)
        : concat(
            from(chunks),
            throwError(() => error),
          ),
  ],
  ['a Node Readable', (chunks, error) => Readable.from(generate(chunks, error))],
  ['a Web ReadableStream', (chunks, error) => web(chunks, error)],
  ['an AsyncIterable', (chunks, error) => generate(chunks, error)],
  ['an Iterable', (chunks, error) => generateNow(chunks, error)],
];

describe('StreamReader.from', () => {
  describe.each(kinds)('%s', (_, make) => {
    it('delivers every chunk, then the end', async () => {
      const reader = StreamReader.from(
        make([bytes('one\ntw'), Uint8Array.from(bytes('o\n')), bytes(''), bytes('rest')]),
      );
      expect(`${await reader.readLine()}`).toBe('one\n');
      expect(`${await reader.readLine()}`).toBe('two\n');
      expect(`${await reader.readAll()}`).toBe('rest');
      expect(reader.atEof()).toBe(true);
    });

    it('delivers the end of an empty source', async () => {
      expect((await StreamReader.from(make([])).readLine()).length).toBe(0);
    });

    it('delivers the chunks before an error, then the error untouched', async () => {
      const broken = new Error('broken');
      const reader = StreamReader.from(make([bytes('one\n'), bytes('rest')], broken));
      expect(`${await reader.readLine()}`).toBe('one\n');
      await expect(reader.readLine()).rejects.toBe(broken);
      expect(`${await reader.read(9)}`).toBe('rest');
    });

    it('starts at once, before the first read', async () => {
      const reader = StreamReader.from(make([bytes('abc')]));
      await settled();
      await settled();
      expect(reader.bufferedAmount).toBe(3);
    });

    it('errors with a TypeError at a chunk that is not bytes, after those before it', async () => {
      for (const bad of ['text', 5, { length: 1 }] as unknown as Uint8Array[]) {
        const reader = StreamReader.from(make([bytes('abc'), bad, bytes('def')]));
        expect(`${await reader.readExactly(3)}`).toBe('abc');
        await expect(reader.read(1)).rejects.toThrow(
          `Cannot read a chunk of type ${typeof bad}: it must be a Uint8Array`,
        );
        await expect(reader.read(1)).rejects.toBeInstanceOf(TypeError);
      }
    });
  });

  // Sources with back-pressure are read at most twice the limit ahead, and for as many bytes as a read needs.
  describe.each(kinds.slice(1))('%s, which has back-pressure,', (_, make) => {
    it('is read ahead at most twice the limit, and further when that is read', async () => {
      let given = 0;
      function* endless() {
        for (;;) {
          given++;
          yield Buffer.alloc(10, 'x');
        }
      }
      const reader = StreamReader.from(make(endless() as unknown as Uint8Array[]), { limit: 50 });
      for (let i = 0; i < 20; i++) await settled();
      // The chunk above the mark, and a stream's own read-ahead (16 chunks in object mode).
      expect(reader.bufferedAmount).toBe(110);
      expect(given).toBeLessThanOrEqual(11 + 16 + 2);
      await reader.readExactly(59);
      await settled();
      expect(reader.bufferedAmount).toBe(51);
      await reader.readExactly(1);
      for (let i = 0; i < 20; i++) await settled();
      expect(reader.bufferedAmount).toBe(110);
    });

    it('is read on for a read that needs more', async () => {
      const chunks = Array.from({ length: 100 }, (_, i) => Buffer.alloc(10, i));
      const reader = StreamReader.from(make(chunks), { limit: 5 });
      await settled();
      expect(await reader.readExactly(1000)).toEqual(Buffer.concat(chunks));
      expect((await reader.read(1)).length).toBe(0);
    });
  });

  describe('an Observable', () => {
    it('that emits more than maxBuffered unread bytes is a BufferOverflowError, after the bytes that arrived', async () => {
      const source = new Subject<Uint8Array>();
      const reader = StreamReader.from(source, { maxBuffered: 10 });
      source.next(bytes('12345'));
      source.next(bytes('67890'));
      expect(source.observed).toBe(true);
      source.next(bytes('!'));
      expect(source.observed).toBe(false);
      expect(`${await reader.readExactly(11)}`).toBe('1234567890!');
      const error = await reader.read(1).catch((reason: unknown) => reason);
      expect(error).toEqual(new BufferOverflowError(10, 11));
      expect(error).toMatchObject({ limit: 10, buffered: 11 });
    });

    it('may emit 16 MiB ahead by default', () => {
      const source = new Subject<Uint8Array>();
      StreamReader.from(source);
      source.next(Buffer.alloc(16 * 1024 * 1024));
      expect(source.observed).toBe(true);
      source.next(Buffer.alloc(1));
      expect(source.observed).toBe(false);
    });

    it('never overflows while its chunks are read as they arrive', () => {
      const source = new Subject<Uint8Array>();
      const { seen } = record(StreamReader.from(source, { maxBuffered: 3 }));
      source.next(bytes('12345'));
      source.next(bytes('67890'));
      expect(seen).toEqual(['12345', '67890']);
    });

    it('that emits while it is subscribed is stopped there, too', () => {
      let taken = 0;
      const endless = defer(() =>
        from(
          (function* () {
            for (;;) {
              taken++;
              yield Buffer.alloc(10);
            }
          })(),
        ),
      );
      StreamReader.from(endless, { maxBuffered: 100 });
      expect(taken).toBe(11);
    });

    it('is unsubscribed when it has ended, errored, or emitted a value that is not bytes', () => {
      for (const source of [of(bytes('a')), throwError(() => new Error('broken')), concat(of('text'), NEVER)]) {
        const done = jest.fn();
        StreamReader.from((source as Observable<Uint8Array>).pipe(finalize(done)));
        expect(done).toHaveBeenCalledTimes(1);
      }
    });

    it('that throws when it is subscribed is an error of the reader', () => {
      const source = new Observable<Uint8Array>(() => {
        throw new Error('thrown');
      });
      expect(record(StreamReader.from(source)).seen).toEqual(['# thrown']);
    });

    it('is read in virtual time', () => {
      runMarbles(({ hot, expectObservable }) => {
        const source = hot('-a-b-|', { a: bytes('one\ntw'), b: bytes('o\nrest') });
        const reader = StreamReader.from(source);
        expectObservable(reader.pipe(lines())).toBe('-a-b-(c|)', { a: 'one', b: 'two', c: 'rest' });
      });
    });

    it('continues when its consumer holds and releases inside one next, for any number of bytes', () => {
      const source = new Subject<Uint8Array>();
      const reader = StreamReader.from(source, { limit: 4 });
      const seen: string[] = [];
      reader.pipe(readLine()).subscribe((line) => {
        seen.push(text(line));
        reader.pause()();
      });
      source.next(bytes('1\n2\n3\n4\n5\n6\n7\n8\n'));
      expect(seen).toHaveLength(8);
    });

    it('continues when its consumer makes it emit inside one next, for any number of bytes', () => {
      const source = new Subject<Uint8Array>();
      const seen: string[] = [];
      StreamReader.from(source, { limit: 2 })
        .pipe(readLine())
        .subscribe((line) => {
          seen.push(text(line));
          if (seen.length === 1) source.next(bytes('3\n4\n5\n6\n'));
        });
      source.next(bytes('1\n2\n'));
      expect(seen).toHaveLength(6);
    });

    it('never holds its own reader: bytes emitted inside next can be read later', () => {
      const source = new Subject<Uint8Array>();
      const reader = StreamReader.from(source, { limit: 2 });
      reader.pipe(readLine(), take(1)).subscribe(() => source.next(bytes('2\n3\n4\n5\n')));
      source.next(bytes('1\n'));
      expect(record(reader.pipe(readLine())).seen).toEqual(['2\n', '3\n', '4\n', '5\n']);
    });

    it('of a reader holds that reader while too much is unread, and releases it again', () => {
      const { reader, push } = handFed(10);
      const second = StreamReader.from(reader.pipe(map((chunk) => chunk)), { limit: 4 });
      push('123456789');
      push('more');
      expect([second.bufferedAmount, reader.bufferedAmount]).toEqual([9, 4]);
      const { seen, subscription } = record(second.pipe(readExactly(5)));
      subscription.unsubscribe();
      expect(seen).toEqual(['12345', '6789m']);
      expect([second.bufferedAmount, reader.bufferedAmount]).toEqual([3, 0]);
    });

    it('of a reader holds that reader also when this is decided inside the delivery of another one', () => {
      const [first, other] = [handFed(), handFed()];
      const second = StreamReader.from(first.reader.pipe(map((chunk) => chunk)), { limit: 4 });
      const { subscription } = record(second.pipe(readExactly(99)));
      first.push('123456789');
      other.reader.pipe(readLine()).subscribe(() => subscription.unsubscribe());
      other.push('a\nb\n');
      first.push('more');
      expect(other.reader.bufferedAmount).toBe(0);
      expect([second.bufferedAmount, first.reader.bufferedAmount]).toEqual([9, 4]);
    });

    it('without a reader holds none', () => {
      const other = handFed();
      const source = new Subject<Uint8Array>();
      const second = StreamReader.from(source, { limit: 4 });
      const { subscription } = record(second.pipe(readExactly(99)));
      source.next(bytes('123456789'));
      const { seen } = record(
        other.reader.pipe(
          readLine(),
          tap(() => subscription.unsubscribe()),
        ),
      );
      other.push('a\nb\n');
      expect(seen).toEqual(['a\n', 'b\n']);
    });

    it('of a reader releases that reader when it ends', () => {
      const { reader, push } = handFed();
      StreamReader.from(reader.pipe(take(1)), { limit: 1 });
      push('abc', 'def');
      expect(record(reader).seen).toEqual(['def']);
    });
  });

  describe('a Node Readable', () => {
    it('is paused and resumed', async () => {
      const source = new PassThrough();
      const reader = StreamReader.from(source, { limit: 2 });
      source.write('abcdef');
      await settled();
      expect(source.isPaused()).toBe(true);
      await reader.readExactly(4);
      expect(source.isPaused()).toBe(false);
    });

    it('starts even if it was paused before', async () => {
      const source = new PassThrough();
      source.pause();
      const reader = StreamReader.from(source);
      source.end('abc');
      expect(`${await reader.readAll()}`).toBe('abc');
    });

    it('that is destroyed before its end is an error', async () => {
      const source = new PassThrough();
      const reader = StreamReader.from(source);
      source.write('abc');
      await settled();
      source.destroy();
      await expect(reader.readAll()).rejects.toThrow('Cannot read on: the stream was closed before its end');
      expect(`${await reader.read(9)}`).toBe('abc');
    });

    it('that has ended is at its end, or has its earlier error', async () => {
      const ended = Readable.from([bytes('a')]);
      for await (const _ of ended);
      expect((await StreamReader.from(ended).readAll()).length).toBe(0);
      const destroyed = new PassThrough().destroy();
      await settled();
      await expect(StreamReader.from(destroyed).read(1)).rejects.toThrow('closed before its end');
      const failed = new PassThrough();
      failed.on('error', () => {});
      failed.destroy(new Error('broken'));
      await settled();
      await expect(StreamReader.from(failed).read(1)).rejects.toThrow('broken');
    });

    it('that decodes to strings is a TypeError, since strings lose bytes', async () => {
      const source = new PassThrough();
      source.setEncoding('utf8');
      const reader = StreamReader.from(source);
      source.end('abc');
      await expect(reader.read(1)).rejects.toBeInstanceOf(TypeError);
    });
  });

  describe('an Iterable', () => {
    it('is closed when it is left early, and not after its end', () => {
      const iterable = (chunks: unknown[]) => {
        const close = jest.fn(() => ({ done: true as const, value: undefined }));
        const iterator = chunks[Symbol.iterator]();
        const source = {
          [Symbol.iterator]: () => ({ next: () => iterator.next(), return: close }),
        } as Iterable<Uint8Array>;
        StreamReader.from(source);
        return close;
      };
      expect(iterable([bytes('a'), 'text', bytes('b')])).toHaveBeenCalledTimes(1);
      expect(iterable([bytes('a')])).not.toHaveBeenCalled();
    });

    it('is iterated when its consumer reads, and not inside itself', () => {
      let inside = 0;
      const reader = StreamReader.from(
        {
          *[Symbol.iterator]() {
            for (let i = 0; i < 50; i++) {
              expect(++inside).toBe(1);
              const chunk = bytes(`${i}\n`);
              inside--;
              yield chunk;
            }
          },
        },
        { limit: 5 },
      );
      expect(record(reader.pipe(lines())).seen).toHaveLength(51);
    });
  });

  describe('an AsyncIterable', () => {
    it('is closed when a chunk is not bytes', async () => {
      let closed = false;
      async function* source() {
        try {
          yield 'text' as unknown as Uint8Array;
          yield bytes('b');
        } finally {
          closed = true;
        }
      }
      await expect(StreamReader.from(source()).read(1)).rejects.toBeInstanceOf(TypeError);
      await settled();
      expect(closed).toBe(true);
    });
  });

  describe('a Web ReadableStream', () => {
    it('releases the lock of a Web stream that has ended', async () => {
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes('abc'));
          controller.close();
        },
      });
      expect(`${await StreamReader.from(source).readAll()}`).toBe('abc');
      await settled();
      expect(source.locked).toBe(false);
    });

    it('errors the reads when a Web stream is locked', async () => {
      const source = new ReadableStream<Uint8Array>();
      source.getReader();
      expect(await failureOf(StreamReader.from(source).read(1))).toMatchObject({ code: 'ERR_INVALID_STATE' });
    });
  });

  describe('an invalid source', () => {
    it.each([
      ['bare bytes', Buffer.from('abc'), 'bare bytes: wrap them in an array'],
      ['a Uint8Array', new Uint8Array(1), 'bare bytes: wrap them in an array'],
      ['a DataView', new DataView(new ArrayBuffer(1)), 'bare bytes'],
      ['a string', 'abc', 'a source of type string'],
      ['a number', 5, 'a source of type number'],
      ['a promise', Promise.resolve(Buffer.alloc(0)), 'a source of type object'],
      ['a function', () => {}, 'a source of type function'],
      ['null', null, 'a source of type object'],
      ['nothing', undefined, 'a source of type undefined'],
    ])('%s is a TypeError at the call', (_, source, message) => {
      expect(() => StreamReader.from(source as unknown as ByteSource)).toThrow(TypeError);
      expect(() => StreamReader.from(source as unknown as ByteSource)).toThrow(`Cannot read from ${message}`);
    });

    it.each([
      [{ limit: 0 }, RangeError, 'Cannot use 0 as limit'],
      [{ limit: -1 }, RangeError, 'Cannot use -1 as limit'],
      [{ limit: 1.5 }, RangeError, 'Cannot use 1.5 as limit'],
      [{ limit: '1' }, TypeError, 'Cannot use 1 as limit'],
      [{ maxBuffered: 0 }, RangeError, 'Cannot use 0 as maxBuffered'],
      [{ maxBuffered: Number.NaN }, RangeError, 'Cannot use NaN as maxBuffered'],
    ])('invalid options throw at the call, before the source is touched: %j', (options, type, message) => {
      const touched = jest.fn();
      const source = defer(touched) as Observable<Uint8Array>;
      expect(() => StreamReader.from(source, options as object)).toThrow(type);
      expect(() => StreamReader.from(source, options as object)).toThrow(message);
      expect(touched).not.toHaveBeenCalled();
    });
  });
});
