// Proves that eachValueFrom yields one value at a time with the reader held between them, that leaving the loop in any
// way leaves the rest unread, and that errors and ends come in order.
import {
  concat,
  concatMap,
  EMPTY,
  finalize,
  from,
  map,
  mergeMap,
  NEVER,
  of,
  Subject,
  take,
  tap,
  throwError,
} from 'rxjs';
import { type Connection, connectionPair, eachValueFrom, lines, readExactly, StreamReader } from '../../src';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { turns, until } from '../support/until';

describe('eachValueFrom', () => {
  async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
    const seen: T[] = [];
    for await (const value of values) seen.push(value);
    return seen;
  }

  it('subscribes once, at the first request for a value', async () => {
    const source = new Subject<string>();
    const values = eachValueFrom(source);
    expect(source.observed).toBe(false);
    const first = values.next();
    expect(source.observed).toBe(true);
    source.next('a');
    expect(await first).toEqual({ done: false, value: 'a' });
    expect(values[Symbol.asyncIterator]()).toBe(values);
  });

  it('answers in order when an operator in the pipe requests values too', async () => {
    const { reader, push, end } = handFed();
    push('a\nb\nc\n');
    const inner: Promise<IteratorResult<string>>[] = [];
    const values: AsyncIterableIterator<string> = eachValueFrom(
      reader.pipe(
        lines(),
        tap((line) => {
          if (line === 'a') inner.push(values.next());
        }),
      ),
    );
    expect(await values.next()).toEqual({ done: false, value: 'a' });
    expect(await inner[0]).toEqual({ done: false, value: 'b' });
    expect(await values.next()).toEqual({ done: false, value: 'c' });
    end();
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  it('ends for an empty source, and stays ended', async () => {
    const values = eachValueFrom(EMPTY);
    expect(await values.next()).toEqual({ done: true, value: undefined });
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  it('stays silent while the source does', async () => {
    let settled = false;
    const values = eachValueFrom(NEVER);
    const first = values.next().finally(() => {
      settled = true;
    });
    await null;
    expect(settled).toBe(false);
    await values.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
  });

  it('yields one value, and many', async () => {
    expect(await all(eachValueFrom(of('a')))).toEqual(['a']);
    const reader = StreamReader.from([Buffer.from('a\nb\n'), Buffer.from('c\nd')]);
    expect(
      await all(
        eachValueFrom(
          reader.pipe(
            lines(),
            map((line) => line.toUpperCase()),
          ),
        ),
      ),
    ).toEqual(['A', 'B', 'C', 'D']);
  });

  it('takes only the requested values from the reader', async () => {
    const { reader, push } = handFed();
    const taken: string[] = [];
    const values = eachValueFrom(
      reader.pipe(
        lines(),
        map((line) => taken.push(line)),
      ),
    );
    push('a\nb\n', 'c\n');
    expect(taken).toEqual([]);
    await values.next();
    expect(taken).toEqual(['a']);
    await values.next();
    push('d\n');
    expect(taken).toEqual(['a', 'b']);
    const [third, fourth] = [values.next(), values.next()];
    expect(taken).toEqual(['a', 'b', 'c', 'd']);
    expect([(await third).value, (await fourth).value]).toEqual([3, 4]);
  });

  it('answers several pending calls in order, also those after the end', async () => {
    const { reader, push, end } = handFed();
    const values = eachValueFrom(reader.pipe(lines()));
    const three = Promise.all([values.next(), values.next(), values.next()]);
    push('a\nb\n');
    end();
    expect((await three).map(({ value }) => value)).toEqual(['a', 'b', undefined]);
  });

  describe('leaves the rest unread', () => {
    const rest = (reader: StreamReader) => record(reader.pipe(lines())).seen;

    it('after break', async () => {
      const { reader, push } = handFed();
      push('a\nb\nc\n');
      for await (const line of eachValueFrom(reader.pipe(lines()))) if (line === 'b') break;
      expect(rest(reader)).toEqual(['c']);
    });

    it('after throw', async () => {
      const { reader, push } = handFed();
      push('a\nb\nc\n');
      const loop = async () => {
        for await (const line of eachValueFrom(reader.pipe(lines()))) throw line;
      };
      expect(await failureOf(loop())).toBe('a');
      expect(rest(reader)).toEqual(['b', 'c']);
    });

    it('after return', async () => {
      const { reader, push } = handFed();
      push('a\nb\nc\n');
      const first = async () => {
        for await (const line of eachValueFrom(reader.pipe(lines()))) return line;
        return undefined;
      };
      expect(await first()).toBe('a');
      expect(rest(reader)).toEqual(['b', 'c']);
    });

    it('after return before the first value, which never subscribes', async () => {
      const source = new Subject<string>();
      const values = eachValueFrom(source);
      await values.return?.();
      expect(await values.next()).toEqual({ done: true, value: undefined });
      expect(source.observed).toBe(false);
    });

    it('for another kind of loop', async () => {
      const { reader, push } = handFed();
      push('a\n1234b\n');
      for await (const _ of eachValueFrom(reader.pipe(lines()))) break;
      for await (const block of eachValueFrom(reader.pipe(readExactly(4)))) {
        expect(`${block}`).toBe('1234');
        break;
      }
      expect(rest(reader)).toEqual(['b']);
    });

    it('and unsubscribes before it releases', async () => {
      const { reader, push } = handFed();
      const seen: string[] = [];
      const values = eachValueFrom(
        reader.pipe(
          lines(),
          map((line) => seen.push(line)),
          finalize(() => seen.push('unsubscribed')),
        ),
      );
      push('a\nb\n');
      await values.next();
      await values.return?.();
      expect(seen).toEqual(['a', 'unsubscribed']);
    });
  });

  it('drops the other values of the same frame when the loop is left', async () => {
    const { reader, push } = handFed();
    push('ab\ncd\n');
    const letters = reader.pipe(
      lines(),
      mergeMap((line) => [...line]),
    );
    for await (const letter of eachValueFrom(letters)) {
      expect(letter).toBe('a');
      break;
    }
    expect(record(reader.pipe(lines())).seen).toEqual(['cd']);
  });

  it('yields every value that one frame became', async () => {
    const reader = StreamReader.from([Buffer.from('ab\ncd\n')]);
    expect(
      await all(
        eachValueFrom(
          reader.pipe(
            lines(),
            mergeMap((line) => [...line]),
          ),
        ),
      ),
    ).toEqual(['a', 'b', 'c', 'd']);
  });

  it('rejects once with the error of the source, after the values before it, and then ends', async () => {
    const values = eachValueFrom(throwError(() => 'broken'));
    expect(await failureOf(values.next())).toBe('broken');
    expect(await values.next()).toEqual({ done: true, value: undefined });

    const { reader, push, fail } = handFed();
    const each = eachValueFrom(reader.pipe(lines()));
    push('a\nb\n');
    fail('reset');
    expect((await each.next()).value).toBe('a');
    expect((await each.next()).value).toBe('b');
    expect(await failureOf(each.next())).toBe('reset');
    expect((await each.next()).done).toBe(true);
  });

  it('rejects with an error that a callback of the pipe throws, and leaves the rest unread', async () => {
    const { reader, push } = handFed();
    push('a\nb\n');
    const throwing = map((line: string) => {
      throw `thrown for ${line}`;
    });
    expect(await failureOf(eachValueFrom(reader.pipe(lines(), throwing)).next())).toBe('thrown for a');
    expect(record(reader.pipe(lines())).seen).toEqual(['b']);
  });

  it('settles pending calls also when a teardown of the source throws', async () => {
    const { reader, end } = handFed();
    const thrown: unknown[] = [];
    reader.input.guard = { error: (error) => thrown.push(error) };
    const failure = new Error('teardown');
    const fails = () => {
      throw failure;
    };
    const waiting = eachValueFrom(reader.pipe(lines(), finalize(fails))).next();
    end();
    expect((await waiting).done).toBe(true);
    expect(thrown).toMatchObject([{ errors: [failure] }]);
  });

  describe('on a connection that we close before the peer has ended', () => {
    const work = async (line: string) => line;

    it.each<[string, (reader: StreamReader) => AsyncIterable<unknown>]>([
      ['a pipe', (reader) => eachValueFrom(reader.pipe(lines()))],
      ['a pipe with an asynchronous operator', (reader) => eachValueFrom(reader.pipe(lines(), concatMap(work)))],
      ['a given reader', (reader) => eachValueFrom(reader.pipe(lines(), mergeMap(work)), { source: reader })],
      ['the chunks of the reader', (reader) => reader],
    ])('errors after the values that had arrived: %s', async (_, values) => {
      const [near, far] = connectionPair();
      const seen: string[] = [];
      far.writer.write('one\n');
      const loop = (async () => {
        for await (const value of values(near.reader)) seen.push(`${value}`.trim());
      })();
      const failed = failureOf(loop);
      await until('it waits for more', () => seen.length === 1);
      await turns(2);
      void near.close();
      expect(await failed).toMatchObject({
        code: 'ERR_CONNECTION_CLOSED',
        message: 'Cannot read on: the connection was closed on this side before the peer had ended',
      });
      expect(seen).toEqual(['one']);
      far.destroy();
      near.destroy();
    });

    it.each<[string, (near: Connection, far: Connection) => void]>([
      ['the peer has ended', (_, far) => far.writer.writeEof()],
      ['the peer closes', (_, far) => far.writer.close()],
      [
        'we end our side',
        (near, far) => {
          near.writer.writeEof();
          far.writer.writeEof();
        },
      ],
    ])('ends cleanly when %s', async (_, end) => {
      const [near, far] = connectionPair();
      far.writer.write('one\n');
      end(near, far);
      expect(await all(eachValueFrom(near.reader.pipe(lines())))).toEqual(['one']);
      void near.close();
      expect(await all(eachValueFrom(near.reader.pipe(lines())))).toEqual([]);
      expect(await all(near.reader)).toEqual([]);
      far.destroy();
      near.destroy();
    });

    describe('while an asynchronous operator is working', () => {
      let near: Connection;
      let far: Connection;
      const going = new Map<string, () => void>();
      const slow = (line: string) =>
        new Promise<string>((resolve) => {
          going.set(line, () => resolve(line));
        });

      beforeEach(async () => {
        [near, far] = connectionPair();
        far.writer.write('a\nb\nc\n');
        await until('it has arrived', () => near.bytesRead === 6);
      });

      afterEach(() => {
        far.destroy();
        near.destroy();
      });

      /** Reads three lines, closes the connection while the last one is in work, and completes that work. */
      async function closeAtLast(values: AsyncIterable<string>, at: () => void): Promise<string[]> {
        const seen: string[] = [];
        const loop = (async () => {
          for await (const value of values) seen.push(value);
          seen.push('end');
        })();
        const over = loop.catch((error: { code: string }) => void seen.push(error.code));
        for (const line of ['a', 'b', 'c']) {
          await until(`${line} is under way`, () => going.has(line));
          if (line === 'c') at();
          await turns(2);
          going.get(line)?.();
          going.delete(line);
        }
        await over;
        return seen;
      }

      it.each<[string, (reader: StreamReader) => AsyncIterable<string>]>([
        ['after it', (reader) => eachValueFrom(reader.pipe(lines(), concatMap(slow), take(3)))],
        ['before it', (reader) => eachValueFrom(reader.pipe(lines(), take(3), concatMap(slow)))],
        [
          'between two others',
          (reader) =>
            eachValueFrom(
              reader.pipe(
                lines(),
                concatMap(slow),
                take(3),
                map((line) => line),
              ),
            ),
        ],
      ])('ends cleanly when take has all its values, %s', async (_, values) => {
        expect(await closeAtLast(values(near.reader), () => void near.close())).toEqual(['a', 'b', 'c', 'end']);
      });

      it('errors when only the close has ended the pipe', async () => {
        const values = eachValueFrom(near.reader.pipe(lines(), concatMap(slow)));
        const seen = await closeAtLast(values, () => void near.close());
        expect(seen).toEqual(['a', 'b', 'c', 'ERR_CONNECTION_CLOSED']);
      });
    });

    it('ends cleanly when the pipe needs no more values', async () => {
      const [near, far] = connectionPair();
      far.writer.write('one\ntwo\n');
      await until('it has arrived', () => near.bytesRead === 8);
      void near.close();
      expect(await all(eachValueFrom(near.reader.pipe(lines(), take(2))))).toEqual(['one', 'two']);
      far.destroy();
      near.destroy();
    });
  });

  describe('with nothing between the read and the loop', () => {
    /** The loop has its first value, and is at work on it. */
    async function begun(bytes: string, limit?: number) {
      const fed = handFed(limit);
      fed.push(bytes);
      const values = eachValueFrom(fed.reader.pipe(lines()));
      const first = await values.next();
      return { ...fed, values, first, rest: () => `${fed.reader.peek(fed.reader.bufferedAmount)}` };
    }

    it('takes one value for each call, and decodes none ahead', async () => {
      const { values, first, rest } = await begun('a\nbb\nccc\nd');
      expect([first.value, rest()]).toEqual(['a', 'bb\nccc\nd']);
      expect([(await values.next()).value, rest()]).toEqual(['bb', 'ccc\nd']);
      expect([(await values.next()).value, rest()]).toEqual(['ccc', 'd']);
    });

    it('waits for what has not come, then for the end', async () => {
      const { values, push, end } = await begun('a\nb');
      const second = values.next();
      push('\nc');
      expect((await second).value).toBe('b');
      const third = values.next();
      end();
      expect((await third).value).toBe('c');
      expect(await values.next()).toEqual({ done: true, value: undefined });
    });

    it('waits while somebody else holds the reader too', async () => {
      const { reader, values } = await begun('a\nb\n');
      const release = reader.pause();
      let seen: unknown;
      const second = values.next().then(({ value }) => (seen = value));
      await turns(2);
      expect(seen).toBeUndefined();
      release();
      expect(await second).toBe('b');
    });

    it('refuses another read in between, and lets one in behind the loop', async () => {
      const { reader, values, rest } = await begun('a\nb\nc\n');
      expect(await failureOf(reader.readLine())).toMatchObject({ name: 'ReaderBusyError' });
      expect((await values.next()).value).toBe('b');
      await values.return();
      expect([`${await reader.readLine()}`, rest()]).toEqual(['c\n', '']);
    });

    it('rejects with what the decoder refuses, and leaves what is behind it', async () => {
      const { reader, values } = await begun('a\nlong line\nc\n', 4);
      expect(await failureOf(values.next())).toMatchObject({ name: 'LimitOverrunError' });
      expect(await values.next()).toEqual({ done: true, value: undefined });
      expect(`${await reader.readLine()}`).toBe('c\n');
    });

    it('finds nothing behind bytes that an upgrade to TLS has taken', async () => {
      const { reader, values, push } = await begun('a\nb\nc\n');
      let taken = '';
      reader.input.seize((bytes) => (taken = `${Buffer.from(bytes)}`));
      const second = values.next();
      push('d\n');
      expect([taken, (await second).value]).toEqual(['b\nc\n', 'd']);
    });

    it('lets its source go on when there is room', async () => {
      const { values, asked, push } = await begun('a\nb\n', 4);
      push('c\n'.repeat(8));
      expect(asked).toEqual(['pause']);
      for (let i = 0; i < 7; i++) await values.next();
      expect(asked).toEqual(['pause', 'resume']);
    });

    it('answers several calls in order', async () => {
      const { values, push } = await begun('a\nb\n');
      const answers = Promise.all([values.next(), values.next(), values.next()]);
      push('c\nd\n');
      expect((await answers).map(({ value }) => value)).toEqual(['b', 'c', 'd']);
    });
  });

  it('can be left and started again inside the loop', async () => {
    const { reader, push } = handFed();
    push('a\nb\nc\n');
    const seen: string[] = [];
    for await (const outer of eachValueFrom(reader.pipe(lines()))) {
      seen.push(outer);
      break;
    }
    for await (const inner of eachValueFrom(reader.pipe(lines()))) if (seen.push(inner) === 3) break;
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('rejects when a second value has to wait and there is no reader to hold, or an empty list is given', async () => {
    const message = 'Cannot hold the source back: no StreamReader is upstream; give { source }';
    for (const options of [{}, { source: [] }]) {
      const values = eachValueFrom(concat(from(['a', 'b']), NEVER), options);
      expect((await values.next()).value).toBe('a');
      expect(await failureOf(values.next())).toEqual(new TypeError(message));
      expect((await values.next()).done).toBe(true);
    }
  });

  it('holds the given readers', async () => {
    const { reader, push } = handFed();
    const source = new Subject<string>();
    const values = eachValueFrom(source, { source: reader });
    const first = values.next();
    source.next('a');
    await first;
    push('x\n');
    expect(record(reader.pipe(lines())).seen).toEqual([]);
    await values.return?.();
    expect(record(reader.pipe(lines())).seen).toEqual(['# ReaderBusyError']);
  });

  it('throws at the call for a source that is not a reader', () => {
    expect(() => eachValueFrom(of('a'), { source: {} as never })).toThrow(TypeError);
  });
});

describe('eachValueFrom with many values of one frame', () => {
  it('takes linear time', async () => {
    const { reader, push, end } = handFed();
    const many = Array.from({ length: 200_000 }, (_, i) => i);
    push('x\n');
    end();
    let next = 0;
    let wrong = 0;
    for await (const value of eachValueFrom(
      reader.pipe(
        lines(),
        mergeMap(() => many),
      ),
    ))
      if (value !== next++) wrong++;
    expect([next, wrong]).toEqual([many.length, 0]);
  }, 5000);
});
