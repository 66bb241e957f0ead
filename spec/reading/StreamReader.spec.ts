// Proves how each promise method behaves at the end, at its limit, after an error, when it is cancelled and with
// invalid arguments, and that no byte is lost between reads of any kind, for any cut of the input and any end of a
// read.
import {
  concatMap,
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  merge,
  NEVER,
  Observable,
  race,
  Subject,
  Subscriber,
  switchMap,
  take,
  takeUntil,
  timeout,
  toArray,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { IncompleteReadError, LimitOverrunError, ReaderBusyError, SocketTimeoutError } from '../../src/errors';
import { lines } from '../../src/operators/lines';
import { readExactly } from '../../src/operators/readExactly';
import { readLine } from '../../src/operators/readLine';
import { readUntil } from '../../src/operators/readUntil';
import type { ReadOptions } from '../../src/reading/ReadOptions';
import { StreamReader } from '../../src/reading/StreamReader';
import { countScans } from '../support/countScans';
import { bytes, cutsOf, everyNth, seededCuts } from '../support/cuts';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

/** The promise methods, each as a read that "abc" does not satisfy. */
const reads: [name: string, read: (reader: StreamReader, options?: ReadOptions) => Promise<Buffer>][] = [
  ['read(-1)', (reader, options) => reader.read(-1, options)],
  ['readAll()', (reader, options) => reader.readAll(options)],
  ['readLine()', (reader, options) => reader.readLine(options)],
  ['readExactly(9)', (reader, options) => reader.readExactly(9, options)],
  ["readUntil('--')", (reader, options) => reader.readUntil('--', options)],
];

/** Lets pending promise callbacks run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('StreamReader', () => {
  describe('as an Observable', () => {
    it('emits chunks as they arrive, then completes', () => {
      const { reader, push, end } = handFed();
      push('one');
      const { seen } = record(reader);
      push('two', 'three');
      end();
      expect(seen).toEqual(['one', 'two', 'three', '|']);
    });

    it('works with any operator', async () => {
      const reader = StreamReader.from([bytes('a'), bytes('b')]);
      expect(reader).toBeInstanceOf(Observable);
      expect((await lastValueFrom(reader.pipe(toArray()))).map(String)).toEqual(['a', 'b']);
    });

    it('delivers nothing to a subscriber that is already unsubscribed', async () => {
      const { reader, push } = handFed();
      push('abc\n');
      const gone = new Subscriber<Buffer>();
      gone.unsubscribe();
      reader.subscribe(gone);
      reader.pipe(readLine()).subscribe(gone);
      expect(`${await reader.readLine()}`).toBe('abc\n');
    });
  });

  describe('promise methods', () => {
    it('resolve from buffered bytes, or wait', async () => {
      const { reader, push } = handFed();
      push('line\n12345');
      expect(`${await reader.readLine()}`).toBe('line\n');
      expect(`${await reader.readExactly(3)}`).toBe('123');
      expect(`${await reader.read(9)}`).toBe('45');
      const waiting = reader.readUntil(['\0', '--']);
      push('ab', '-', '-\0');
      expect(`${await waiting}`).toBe('ab--');
      const more = reader.read(2);
      expect(`${await more}`).toBe('\0');
      const next = reader.read(2);
      push('xyz');
      expect(`${await next}`).toBe('xy');
    });

    it('read(n) joins the buffered bytes, up to n', async () => {
      const { reader, push } = handFed();
      push('ab', 'cd', 'ef');
      expect(`${await reader.read(5)}`).toBe('abcde');
      expect(`${await reader.read(5)}`).toBe('f');
    });

    it('readExactly is not bounded by the limit of the reader', async () => {
      const { reader, push } = handFed(2);
      const whole = reader.readExactly(9, { limit: 9 });
      push('abc', 'def', 'ghi');
      expect(`${await whole}`).toBe('abcdefghi');
    });

    it('resolve at once for 0 bytes: busy, held, ended or broken', async () => {
      const { reader, fail } = handFed();
      reader.pause();
      record(reader);
      expect(await Promise.all([reader.read(0), reader.readExactly(0)])).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
      fail(new Error('broken'));
      expect(await reader.read(0)).toEqual(Buffer.alloc(0));
    });

    describe('at the end of the stream', () => {
      // Read, remaining bytes of the stream, answer; `#` marks an IncompleteReadError with these bytes.
      it.each([
        ['read(9)', 'abc', 'abc'],
        ['read(9)', '', ''],
        ['read(-1)', 'abc', 'abc'],
        ['read(-1)', '', ''],
        ['readAll()', 'abc', 'abc'],
        ['readAll()', '', ''],
        ['readLine()', 'abc', 'abc'],
        ['readLine()', 'abc\n', 'abc\n'],
        ['readLine()', '', ''],
        ['readExactly(9)', 'abc', '#abc'],
        ['readExactly(9)', '', '#'],
        ["readUntil('--')", 'abc', '#abc'],
        ["readUntil('--')", 'abc--', 'abc--'],
        ["readUntil('--')", '', '#'],
      ])('%s of %j is %j, called before or after the end', async (name, rest, answer) => {
        const read = name === 'read(9)' ? (reader: StreamReader) => reader.read(9) : new Map(reads).get(name);
        for (const first of ['read', 'end']) {
          const { reader, push, end } = handFed();
          const early = first === 'read' && rest === '' ? read?.(reader) : undefined;
          push(rest);
          if (first === 'end') end();
          const waiting = early ?? read?.(reader);
          if (first === 'read') end();
          if (answer.startsWith('#')) {
            const error = await waiting?.catch((error: unknown) => error);
            const expected = name === 'readExactly(9)' ? 9 : null;
            expect(error).toEqual(new IncompleteReadError(Buffer.from(answer.slice(1)), expected));
            expect(error).toMatchObject({ partial: Buffer.from(answer.slice(1)), expected });
          } else {
            expect(await waiting).toEqual(Buffer.from(answer));
          }
          expect(reader.atEof()).toBe(true);
        }
      });

      it('atEof is true only when the stream has ended and nothing is left', async () => {
        const { reader, push, end } = handFed();
        const answers = [reader.atEof()];
        push('a');
        end();
        answers.push(reader.atEof());
        await reader.read(1);
        expect([...answers, reader.atEof()]).toEqual([false, false, true]);
      });
    });

    describe('at the limit', () => {
      it.each([
        ['readLine', (reader: StreamReader) => reader.readLine()],
        ['readUntil', (reader: StreamReader) => reader.readUntil('\n')],
        ['readLine with its own', (reader: StreamReader) => reader.readLine({ limit: 4 })],
        ['readUntil with its own', (reader: StreamReader) => reader.readUntil('\n', { limit: 4 })],
      ])('%s accepts exactly the limit, and rejects one byte more before the separator arrives', async (name, read) => {
        for (const late of [false, true]) {
          const { reader, push } = handFed(name.endsWith('own') ? 99 : 4);
          push('abcd\n');
          expect(`${await read(reader)}`).toBe('abcd\n');
          const waiting = late ? read(reader) : undefined;
          push('abc', 'de');
          const error = await (waiting ?? read(reader)).catch((error: unknown) => error);
          expect(error).toEqual(new LimitOverrunError(4, 5));
          expect(error).toMatchObject({ limit: 4, consumed: 5 });
        }
      });

      it('readUntil leaves the bytes, also of a record whose separator has arrived', async () => {
        const { reader, push } = handFed(4);
        push('abcde\nfg\n');
        await expect(reader.readUntil('\n')).rejects.toMatchObject({ limit: 4, consumed: 5 });
        await expect(reader.readUntil('\n')).rejects.toMatchObject({ limit: 4, consumed: 5 });
        expect(`${await reader.readExactly(5)}`).toBe('abcde');
        expect(`${await reader.readUntil('\n')}`).toBe('\n');
      });

      it('readLine drops the line through its end, for the next read of any kind', async () => {
        for (const cut of cutsOf(bytes('abcde\nfgh'))) {
          for (const [name, read] of [
            ['read', (reader: StreamReader) => reader.read(9)],
            ['readLine', (reader: StreamReader) => reader.readLine()],
            ['readExactly', (reader: StreamReader) => reader.readExactly(3)],
            ['readAll', (reader: StreamReader) => reader.readAll()],
          ] as const) {
            const { reader, push, end } = handFed(4);
            const failed = reader.readLine();
            push(...cut);
            end();
            await expect(failed).rejects.toBeInstanceOf(LimitOverrunError);
            expect([name, `${await read(reader)}`]).toEqual([name, 'fgh']);
          }
        }
      });

      it('check the limit before the end of the stream', async () => {
        for (const read of [
          (reader: StreamReader) => reader.readLine(),
          (reader: StreamReader) => reader.readUntil('\n'),
        ]) {
          await expect(read(StreamReader.from([bytes('abcde')], { limit: 4 }))).rejects.toBeInstanceOf(
            LimitOverrunError,
          );
        }
      });

      it('readAll rejects above its own limit, 16 MiB by default, and leaves the bytes', async () => {
        const { reader, push } = handFed();
        push('abc');
        await expect(reader.readAll({ limit: 2 })).rejects.toEqual(new LimitOverrunError(2, 3));
        await expect(reader.read(-1, { limit: 2 })).rejects.toEqual(new LimitOverrunError(2, 3));
        const waiting = reader.readAll();
        push(Buffer.alloc(16 * 1024 * 1024 - 2));
        await expect(waiting).rejects.toEqual(new LimitOverrunError(16_777_216, 16_777_217));
        expect(`${await reader.read(3)}`).toBe('abc');
      });
    });

    describe('after an error', () => {
      it.each(reads)('%s rejects with it, and the bytes that arrived can be read another way', async (_, read) => {
        const broken = new Error('broken');
        for (const late of [false, true]) {
          const { reader, push, fail } = handFed();
          push('abc');
          const waiting = late ? read(reader) : undefined;
          fail(broken);
          await expect(waiting ?? read(reader)).rejects.toBe(broken);
          expect(reader.bufferedAmount).toBe(3);
          expect(`${await reader.readExactly(2)}`).toBe('ab');
          expect(`${await reader.read(9)}`).toBe('c');
          await expect(reader.read(9)).rejects.toBe(broken);
          expect(reader.atEof()).toBe(false);
        }
      });

      it('complete frames come first', async () => {
        const { reader, push, fail } = handFed();
        push('a\nbc--d');
        fail(new Error('broken'));
        expect(`${await reader.readLine()}`).toBe('a\n');
        expect(`${await reader.readUntil('--')}`).toBe('bc--');
        await expect(reader.readLine()).rejects.toThrow('broken');
        expect(`${await reader.read(1)}`).toBe('d');
      });
    });

    describe('when they are cancelled', () => {
      it.each(reads)('%s with an aborted signal rejects with its reason, and consumes nothing', async (_, read) => {
        const { reader, push } = handFed();
        push('abc--defghijk\n');
        const reason = new Error('changed my mind');
        await expect(read(reader, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        expect(`${reader.peek(99)}`).toBe('abc--defghijk\n');
        await expect(read(reader, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
      });

      it.each(reads)(
        '%s that is aborted while it waits rejects with the reason, and leaves every byte',
        async (_, read) => {
          const { reader, push } = handFed();
          const controller = new AbortController();
          const waiting = read(reader, { signal: controller.signal });
          push('abc');
          controller.abort('enough');
          await expect(waiting).rejects.toBe('enough');
          push('def');
          expect(`${await reader.readExactly(6)}`).toBe('abcdef');
        },
      );

      it.each(reads)('%s that times out rejects with a SocketTimeoutError, and leaves every byte', async (_, read) => {
        const { reader, push } = handFed();
        let error: unknown;
        new TestScheduler(() => {}).run(({ cold, flush }) => {
          read(reader, { timeout: 50 }).catch((reason: unknown) => (error = reason));
          cold('30ms a 19ms b|').subscribe(() => push('abc'));
          flush();
        });
        await settled();
        expect(error).toEqual(new SocketTimeoutError('read', 50));
        expect(error).toMatchObject({ what: 'read', timeout: 50 });
        expect(`${await reader.readExactly(3)}`).toBe('abc');
      });

      it('treat a timeout of 0 as none, and leave no timer after one that was not reached', async () => {
        const { reader, push } = handFed();
        jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
        try {
          const off = reader.readLine({ timeout: 0 });
          expect(jest.getTimerCount()).toBe(0);
          push('a\n');
          await off;
          const signal = new AbortController().signal;
          const removed = jest.spyOn(signal, 'removeEventListener');
          const inTime = reader.readLine({ timeout: 50, signal });
          expect(jest.getTimerCount()).toBe(1);
          push('b\n');
          expect(`${await inTime}`).toBe('b\n');
          expect(jest.getTimerCount()).toBe(0);
          expect(removed).toHaveBeenCalledTimes(1);
        } finally {
          jest.useRealTimers();
        }
      });

      it('time out also while the reader is held', async () => {
        const { reader } = handFed();
        reader.pause();
        let error: unknown;
        new TestScheduler(() => {}).run(({ flush }) => {
          reader.read(1, { timeout: 5 }).catch((reason: unknown) => (error = reason));
          flush();
        });
        await settled();
        expect(error).toBeInstanceOf(SocketTimeoutError);
      });

      it('keep the memory of the search', async () => {
        const { reader, push } = handFed(1_000_000);
        push(Buffer.alloc(100_000, 'x'));
        const rejections: unknown[] = [];
        const scans = countScans(() => {
          for (let i = 0; i < 20; i++) {
            const controller = new AbortController();
            reader.readUntil('\r\n', { signal: controller.signal }).catch((error: unknown) => rejections.push(error));
            controller.abort();
          }
        });
        await settled();
        expect(rejections).toHaveLength(20);
        // From the second search on, only the last byte, which may be a "\r".
        expect(scans.total()).toBeLessThan(100_000 + 100);
      });
    });

    describe('with invalid arguments', () => {
      const { reader } = handFed();
      // The method, its arguments, and the error at the call.
      it.each([
        ['read(-2)', () => reader.read(-2), RangeError, 'Cannot use -2 as the number of bytes to read'],
        ['read(1.5)', () => reader.read(1.5), RangeError, 'Cannot use 1.5'],
        ['read(NaN)', () => reader.read(Number.NaN), RangeError, 'Cannot use NaN'],
        ["read('1')", () => reader.read('1' as never), TypeError, 'Cannot use 1'],
        ['read(1, timeout -1)', () => reader.read(1, { timeout: -1 }), RangeError, 'Cannot use -1 as timeout'],
        ['read(0, timeout -1)', () => reader.read(0, { timeout: -1 }), RangeError, 'Cannot use -1 as timeout'],
        ['readAll(limit 0)', () => reader.readAll({ limit: 0 }), RangeError, 'Cannot use 0 as limit'],
        [
          'readAll(timeout NaN)',
          () => reader.readAll({ timeout: Number.NaN }),
          RangeError,
          'Cannot use NaN as timeout',
        ],
        ['readLine(limit -1)', () => reader.readLine({ limit: -1 }), RangeError, 'Cannot use -1 as limit'],
        ["readLine(limit '1')", () => reader.readLine({ limit: '1' as never }), TypeError, 'Cannot use 1 as limit'],
        [
          'readLine(timeout 2**31)',
          () => reader.readLine({ timeout: 2 ** 31 }),
          RangeError,
          'Cannot use 2147483648 as timeout',
        ],
        [
          "readLine(timeout '1')",
          () => reader.readLine({ timeout: '1' as never }),
          TypeError,
          'Cannot use 1 as timeout',
        ],
        ['readExactly(-1)', () => reader.readExactly(-1), RangeError, 'Cannot use -1'],
        ['readExactly()', () => reader.readExactly(undefined as never), TypeError, 'Cannot use undefined'],
        [
          'readExactly(Infinity)',
          () => reader.readExactly(Number.POSITIVE_INFINITY),
          RangeError,
          'Cannot use Infinity',
        ],
        [
          'readExactly(16 MiB + 1)',
          () => reader.readExactly(2 ** 24 + 1),
          LimitOverrunError,
          'at least 16777217 bytes come before its end, and the limit is 16777216',
        ],
        ['readExactly(9, limit 8)', () => reader.readExactly(9, { limit: 8 }), LimitOverrunError, 'the limit is 8'],
        ['readExactly(9, limit 0)', () => reader.readExactly(9, { limit: 0 }), RangeError, 'Cannot use 0 as limit'],
        ["readUntil('')", () => reader.readUntil(''), RangeError, 'Cannot search for an empty separator'],
        ['readUntil([])', () => reader.readUntil([]), RangeError, 'the list of them is empty'],
        ['readUntil(10)', () => reader.readUntil(10 as never), TypeError, 'separator of type number'],
        ['readUntil(limit 0)', () => reader.readUntil('\n', { limit: 0 }), RangeError, 'Cannot use 0 as limit'],
        ['peek(-1)', () => reader.peek(-1), RangeError, 'Cannot use -1 as the number of bytes to peek at'],
        ['peek(0.5)', () => reader.peek(0.5), RangeError, 'Cannot use 0.5'],
        ['peek()', () => reader.peek(undefined as never), TypeError, 'Cannot use undefined'],
      ] as [string, () => unknown, typeof Error, string][])(
        '%s throws at the call, and begins no read',
        (_, call, type, message) => {
          expect(call).toThrow(type);
          expect(call).toThrow(message);
          expect(reader.input.idle).toBe(true);
        },
      );
    });
  });

  describe('with one read at a time', () => {
    const busy = new ReaderBusyError();

    it('refuses a promise during a subscription, and a subscription during a promise', async () => {
      const { reader, push } = handFed();
      const first = record(reader);
      await expect(reader.readLine()).rejects.toEqual(busy);
      first.subscription.unsubscribe();
      const second = reader.readLine();
      expect(record(reader).seen).toEqual(['# ReaderBusyError']);
      push('a\n');
      expect(`${await second}`).toBe('a\n');
    });

    it('refuses a promise while another one waits, of any kind, even if its bytes are buffered', async () => {
      const { reader, push } = handFed();
      push('abc');
      const first = reader.readLine();
      for (const [, read] of reads) await expect(read(reader)).rejects.toEqual(busy);
      await expect(reader.read(1)).rejects.toEqual(busy);
      push('\n');
      expect(`${await first}`).toBe('abc\n');
    });

    it('refuses a promise begun inside next by a subscription that stays', async () => {
      const { reader, push } = handFed();
      let inside: Promise<Buffer> | undefined;
      const { seen } = record(
        new Observable<Buffer>((subscriber) =>
          reader.pipe(readLine()).subscribe((line) => {
            inside ??= reader.readExactly(1);
            subscriber.next(line);
          }),
        ),
      );
      push('a\nb\n');
      await expect(inside).rejects.toEqual(busy);
      expect(seen).toEqual(['a\n', 'b\n']);
    });

    it('accepts a promise begun inside next by a subscription that leaves', async () => {
      const { reader, push } = handFed();
      let inside: Promise<Buffer> | undefined;
      reader.pipe(readLine(), take(1)).subscribe(() => (inside = reader.readExactly(1)));
      push('a\nb\n');
      expect(`${await inside}`).toBe('b');
    });

    it('accepts the first of two begun inside one next, and refuses the second', async () => {
      const { reader, push } = handFed();
      const both: Promise<Buffer>[] = [];
      reader.pipe(readLine(), take(1)).subscribe(() => both.push(reader.readExactly(1), reader.readExactly(1)));
      push('a\nbc');
      expect(`${await both[0]}`).toBe('b');
      await expect(both[1]).rejects.toEqual(busy);
      expect(`${reader.peek(9)}`).toBe('c');
    });

    it('refuses a second read when two readers are merged', () => {
      const { reader } = handFed();
      expect(record(merge(reader.pipe(readLine()), reader.pipe(lines()))).seen).toEqual(['# ReaderBusyError']);
      expect(reader.input.idle).toBe(true);
    });

    it('refuses concurrent calls of the async iterator', async () => {
      const { reader, push } = handFed();
      const iterator = reader[Symbol.asyncIterator]();
      const first = iterator.next();
      await expect(iterator.next()).rejects.toEqual(busy);
      push('a');
      expect(await first).toEqual({ done: false, value: Buffer.from('a') });
    });
  });

  describe('peek() and bufferedAmount', () => {
    it('consume nothing, whatever reads or holds', () => {
      const { reader, push } = handFed();
      expect([reader.bufferedAmount, `${reader.peek(5)}`]).toEqual([0, '']);
      reader.pause();
      record(reader);
      push('abc', 'def');
      expect([reader.bufferedAmount, `${reader.peek(4)}`, `${reader.peek(99)}`, `${reader.peek(0)}`]).toEqual([
        6,
        'abcd',
        'abcdef',
        '',
      ]);
    });
  });

  describe('as an async iterable', () => {
    it('yields chunks to the end', async () => {
      const seen: string[] = [];
      for await (const chunk of StreamReader.from([bytes('one'), bytes('two')])) seen.push(`${chunk}`);
      expect(seen).toEqual(['one', 'two']);
    });

    it('leaves the unread bytes at a break, and can be started again', async () => {
      const { reader, push, end } = handFed();
      push('one', 'two', 'three');
      for await (const chunk of reader) {
        expect(`${chunk}`).toBe('one');
        break;
      }
      expect(`${await reader.readExactly(4)}`).toBe('twot');
      end();
      const rest: string[] = [];
      for await (const chunk of reader) rest.push(`${chunk}`);
      expect(rest).toEqual(['hree']);
      expect(reader.atEof()).toBe(true);
    });

    it('lets the body of the loop read', async () => {
      const { reader, push, end } = handFed();
      push('a', 'line\n', 'b');
      end();
      const seen: string[] = [];
      for await (const chunk of reader) {
        seen.push(`${chunk}`);
        if (`${chunk}` === 'a') seen.push(`${await reader.readLine()}`);
      }
      expect(seen).toEqual(['a', 'line\n', 'b']);
    });

    it('takes one chunk at a time, and pauses the source for the rest', async () => {
      const { reader, push, asked } = handFed(2);
      push('abc', 'def');
      const iterator = reader[Symbol.asyncIterator]();
      expect(`${(await iterator.next()).value}`).toBe('abc');
      expect([asked, reader.bufferedAmount]).toEqual([['pause'], 3]);
      await iterator.next();
      expect(asked).toEqual(['pause', 'resume']);
    });

    it('throws the error of the stream, after the chunks that arrived', async () => {
      const { reader, push, fail } = handFed();
      push('a');
      fail(new Error('broken'));
      const seen: string[] = [];
      const loop = async () => {
        for await (const chunk of reader) seen.push(`${chunk}`);
      };
      await expect(loop()).rejects.toThrow('broken');
      expect(seen).toEqual(['a']);
    });

    it('loses nothing when return() is called while next() waits', async () => {
      const { reader, push } = handFed();
      const iterator = reader[Symbol.asyncIterator]();
      const waiting = iterator.next();
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
      push('abc');
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect(`${await reader.read(9)}`).toBe('abc');
    });

    it('stays ended after its end', async () => {
      const { reader, end } = handFed();
      const iterator = reader[Symbol.asyncIterator]();
      expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
      end();
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });
  });

  describe('in a conversation: a line, 5 bytes, through "\\0", then lines', () => {
    const whole = bytes('LINE\n12345until\0é\r\nb\n\nc');
    const short = bytes('A\n12345\0B\nC');
    const cuts = [...cutsOf(short), ...seededCuts(short, 20)].map(
      (cut) => [cut, ['A\n', '12345', '\0', 'B', 'C']] as const,
    );
    const all = [
      ...cutsOf(whole, 200).map((cut) => [cut, ['LINE\n', '12345', 'until\0', 'é', 'b', '', 'c']] as const),
      ...cuts,
    ];

    it('loses nothing with successive firstValueFrom calls, all in one chunk', async () => {
      const reader = StreamReader.from([whole]);
      expect(`${await firstValueFrom(reader.pipe(readLine()))}`).toBe('LINE\n');
      expect(`${await firstValueFrom(reader.pipe(readExactly(5)))}`).toBe('12345');
      expect(`${await firstValueFrom(reader.pipe(readUntil('\0')))}`).toBe('until\0');
      expect(await lastValueFrom(reader.pipe(lines(), toArray()))).toEqual(['é', 'b', '', 'c']);
      await expect(firstValueFrom(reader.pipe(readLine()))).rejects.toMatchObject({ name: 'EmptyError' });
    });

    it('loses nothing with successive firstValueFrom calls, for every way of cutting, at once or as it arrives', async () => {
      for (const [cut, expected] of all) {
        for (const live of [false, true]) {
          const { reader, push, end } = handFed();
          const feed = () => {
            push(...cut);
            end();
          };
          if (!live) feed();
          const first = firstValueFrom(reader.pipe(readLine()));
          if (live) feed();
          const seen = [`${await first}`];
          seen.push(`${await firstValueFrom(reader.pipe(readExactly(5)))}`);
          seen.push(`${await firstValueFrom(reader.pipe(readUntil('\0')))}`);
          seen.push(...(await lastValueFrom(reader.pipe(lines(), toArray()))));
          expect(seen).toEqual(expected);
        }
      }
    });

    it('loses nothing with promise methods, for every way of cutting', async () => {
      for (const [cut, expected] of all) {
        const reader = StreamReader.from(cut);
        const seen = [await reader.readLine(), await reader.readExactly(5), await reader.readUntil('\0')].map(String);
        seen.push(...(await lastValueFrom(reader.pipe(lines(), toArray()))));
        expect(seen).toEqual(expected);
      }
    });

    it('loses nothing with one pipe of take(1) and concatMap, for every way of cutting', () => {
      for (const [cut, expected] of all) {
        const { reader, push, end } = handFed();
        const seen: string[] = [];
        const step = <T>(frame: Buffer, next: T): T => {
          seen.push(`${frame}`);
          return next;
        };
        const { seen: rest } = record(
          reader.pipe(
            readLine(),
            take(1),
            concatMap((line) => step(line, reader.pipe(readExactly(5), take(1)))),
            concatMap((block) => step(block, reader.pipe(readUntil('\0'), take(1)))),
            concatMap((until) => step(until, reader.pipe(lines()))),
          ),
        );
        push(...cut);
        end();
        expect([...seen, ...rest]).toEqual([...expected, '|']);
      }
    });

    // Ways in which a read is cut short; each is tried before every byte, on the read whose turn it is.
    const ways: [string, (read: Observable<unknown>, reader: StreamReader) => void][] = [
      [
        'takeUntil',
        (read) => {
          const stop = new Subject<void>();
          read.pipe(takeUntil(stop)).subscribe();
          stop.next();
        },
      ],
      [
        'race',
        (read) => {
          const winner = new Subject<number>();
          race(read, winner).subscribe();
          winner.next(1);
        },
      ],
      [
        'switchMap',
        (read) => {
          const trigger = new Subject<number>();
          trigger.pipe(switchMap((which) => (which === 0 ? read : EMPTY))).subscribe();
          trigger.next(0);
          trigger.next(1);
        },
      ],
      ['unsubscribe', (read) => read.subscribe().unsubscribe()],
      [
        'timeout',
        (read) =>
          new TestScheduler(() => {}).run(({ flush }) => {
            read.pipe(timeout({ each: 5, with: () => NEVER })).subscribe();
            flush();
          }),
      ],
      [
        'an aborted promise',
        (_, reader) => {
          const controller = new AbortController();
          for (const [, start] of reads) start(reader, { signal: controller.signal }).catch(() => {});
          controller.abort();
        },
      ],
    ];
    it.each(ways)('loses nothing when %s cuts a read short before every byte', async (_, cutShort) => {
      const { reader, push, end } = handFed();
      const seen: string[] = [];
      const due = (): Observable<Buffer | string> => {
        const [line, block, until] = seen.slice(0, 3);
        if (line === undefined) return reader.pipe(readLine());
        if (block === undefined) return reader.pipe(readExactly(5));
        return until === undefined ? reader.pipe(readUntil('\0')) : reader.pipe(lines());
      };
      for (const byte of everyNth(whole, 1)) {
        cutShort(due(), reader);
        push(byte);
        // A frame is complete with this byte, or not: a complete one is taken.
        due()
          .pipe(take(1))
          .subscribe((frame) => seen.push(`${frame}`))
          .unsubscribe();
      }
      end();
      seen.push(...(await lastValueFrom(reader.pipe(lines(), toArray()))));
      expect(seen).toEqual(['LINE\n', '12345', 'until\0', 'é', 'b', '', 'c']);
    });
  });

  describe('cost', () => {
    const size = 8 * 1024 * 1024;

    it.each([100, 65_536])('searches each of 8 MiB without a separator once, in chunks of %i bytes', async (chunk) => {
      for (const [needles, read] of [
        [1, (reader: StreamReader) => reader.readLine({ limit: size })],
        [2, (reader: StreamReader) => reader.readUntil(['\r\n', '\0'], { limit: size })],
        [1, (reader: StreamReader) => firstValueFrom(reader.pipe(lines({ limit: size })))],
      ] as const) {
        const { reader, push, end } = handFed();
        const chunks = everyNth(Buffer.alloc(size, 'x'), chunk);
        let result: Promise<unknown> | undefined;
        const scans = countScans(() => {
          result = read(reader).catch((error: unknown) => error);
          for (const one of chunks) push(one);
          end();
        });
        await result;
        // Per chunk, the bytes that may begin a separator of two are searched again.
        expect(scans.total()).toBeLessThanOrEqual(needles * size + 2 * chunks.length);
      }
    });

    it('copies a frame across chunks once', async () => {
      const { reader, push } = handFed();
      const alloc = jest.spyOn(Buffer, 'allocUnsafe');
      const concat = jest.spyOn(Buffer, 'concat');
      const whole = reader.readExactly(1_000_000);
      // Many small waiting chunks are joined.
      for (const one of everyNth(Buffer.alloc(1_000_000), 1000)) push(one);
      await whole;
      const copies = [alloc.mock.calls, concat.mock.calls];
      alloc.mockRestore();
      concat.mockRestore();
      expect(copies).toEqual([[[1_000_000]], []]);
    });
  });
});
