// Proves that cancelling a reader of `StreamReader.from` closes its source, of any kind and in any state, and what
// reads see.
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { concat, Observable, of, Subject } from 'rxjs';
import { ConnectionClosedError, connectionPair, lines, StreamReader } from '../../src';
import { bytes } from '../support/cuts';
import { failureOf } from '../support/failureOf';
import { record } from '../support/record';
import { until } from '../support/until';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A source of `abc` and then silence, and whether it was closed. */
interface Quiet {
  reader: StreamReader;
  letGo(): boolean;
}

const kinds: [kind: string, make: () => Quiet][] = [
  [
    'an Observable',
    () => {
      let released = false;
      const source = new Observable<Uint8Array>((subscriber) => {
        subscriber.next(bytes('abc'));
        return () => {
          released = true;
        };
      });
      return { reader: StreamReader.from(source), letGo: () => released };
    },
  ],
  [
    'a Node Readable',
    () => {
      const source = new PassThrough();
      source.write('abc');
      return { reader: StreamReader.from(source), letGo: () => source.destroyed };
    },
  ],
  [
    'a Web ReadableStream',
    () => {
      let released = false;
      const source = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytes('abc')),
        cancel: () => {
          released = true;
        },
      });
      return { reader: StreamReader.from(source), letGo: () => released };
    },
  ],
  [
    'an AsyncIterable',
    () => {
      let released = false;
      const chunks = [bytes('abc')];
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            const value = chunks.shift();
            return value === undefined
              ? new Promise<IteratorResult<Uint8Array>>(() => {})
              : Promise.resolve({ done: false as const, value });
          },
          return: async () => {
            released = true;
            return { done: true as const, value: undefined };
          },
        }),
      };
      return { reader: StreamReader.from(source), letGo: () => released };
    },
  ],
];

describe('StreamReader.from(…).cancel()', () => {
  describe.each(kinds)('on %s', (_, make) => {
    it('closes the source and ends a pending read with the reason', async () => {
      const { reader, letGo } = make();
      expect(`${await reader.readExactly(3)}`).toBe('abc');
      const pending = failureOf(reader.readLine());
      await settled();
      expect(letGo()).toBe(false);
      const reason = new Error('enough');
      await reader.cancel(reason);
      expect(letGo()).toBe(true);
      expect(await pending).toBe(reason);
      expect(await failureOf(reader.read(1))).toBe(reason);
      expect(record(reader.pipe(lines())).error).toBe(reason);
    });

    it('rejects with a ConnectionClosedError without a reason, after the bytes that had arrived', async () => {
      const { reader } = make();
      await until('the chunk is there', () => reader.bufferedAmount === 3);
      await reader.cancel();
      expect(`${await reader.read(9)}`).toBe('abc');
      const error = await failureOf(reader.read(9));
      expect(error).toBeInstanceOf(ConnectionClosedError);
      expect((error as Error).message).toBe('Cannot read: the reader was cancelled');
    });

    it('works once, however often it is called', async () => {
      const { reader } = make();
      await reader.readExactly(3);
      const reason = new Error('first');
      await Promise.all([reader.cancel(reason), reader.cancel(new Error('second'))]);
      await reader.cancel();
      expect(await failureOf(reader.read(1))).toBe(reason);
    });

    it('runs at the end of an `await using` block', async () => {
      const { reader, letGo } = make();
      await reader[Symbol.asyncDispose]();
      expect(letGo()).toBe(true);
    });
  });

  it('closes an async generator that waits because nobody reads', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        closed = true;
      }
    }
    const reader = StreamReader.from(endless(), { limit: 10 });
    for await (const chunk of reader) {
      expect(chunk).toHaveLength(10);
      break;
    }
    await settled();
    expect(closed).toBe(false);
    await reader.cancel();
    expect(closed).toBe(true);
  });

  it('closes a generator, also inside a delivery', async () => {
    for (const inside of [false, true]) {
      let closed = 0;
      function* endless() {
        try {
          for (;;) yield Buffer.from('0123456789\n');
        } finally {
          closed++;
        }
      }
      const reader = StreamReader.from(endless(), { limit: 10 });
      const seen: string[] = [];
      if (inside)
        reader.pipe(lines()).subscribe({ next: () => void reader.cancel(), error: (e: Error) => seen.push(e.name) });
      else await reader.cancel();
      expect([closed, seen]).toEqual([1, inside ? ['ConnectionClosedError'] : []]);
    }
  });

  it('unsubscribes from an Observable that emits while it is subscribed', () => {
    const source = new Subject<Uint8Array>();
    const reader = StreamReader.from(concat(of(bytes('a\n')), source));
    reader.pipe(lines()).subscribe({ next: () => void reader.cancel(), error: () => {} });
    expect(source.observed).toBe(false);
  });

  it('frees the reader that an Observable held', async () => {
    const [near, far] = connectionPair();
    far.writer.write('one\ntwo\n');
    const reader = StreamReader.from(near.reader, { limit: 1 });
    await until('it is held', () => reader.bufferedAmount > 2);
    await reader.cancel();
    far.writer.write('three\n');
    expect(`${await near.reader.readLine()}`).toBe('three\n');
    near.destroy();
    far.destroy();
  });

  it('passes the reason to a Web stream, and releases its lock', async () => {
    const cancel = jest.fn();
    const source = new ReadableStream<Uint8Array>({ cancel });
    const reader = StreamReader.from(source);
    expect(source.locked).toBe(true);
    const reason = { any: 'value' };
    await reader.cancel(reason);
    expect(cancel).toHaveBeenCalledWith(reason);
    await settled();
    expect(source.locked).toBe(false);
    expect(await failureOf(reader.read(1))).toBe(reason);
  });

  it('destroys a Readable with the reason, if that is an error', async () => {
    const source = new PassThrough();
    const reader = StreamReader.from(source);
    const failed = once(source, 'error');
    const reason = new Error('enough');
    await reader.cancel(reason);
    expect(await failed).toEqual([reason]);
  });

  it('destroys a Readable whose reader has errored', async () => {
    const source = new PassThrough();
    source.setEncoding('utf8');
    const reader = StreamReader.from(source);
    source.write('text');
    expect(await failureOf(reader.read(1))).toBeInstanceOf(TypeError);
    await reader.cancel();
    expect(source.destroyed).toBe(true);
    expect(await failureOf(reader.read(1))).toBeInstanceOf(TypeError);
  });

  it('pauses a foreign stream that cannot be destroyed', async () => {
    const source = new PassThrough();
    Object.defineProperty(source, 'destroy', { value: undefined });
    await StreamReader.from(source).cancel();
    expect(source.isPaused()).toBe(true);
  });

  it('changes nothing after the end of the source', async () => {
    const closed = jest.fn();
    const chunks = [bytes('ab')][Symbol.iterator]();
    const iterable = { [Symbol.iterator]: () => ({ next: () => chunks.next(), return: closed }) };
    const socket = new PassThrough({ allowHalfOpen: true, autoDestroy: false });
    socket.end('ab');
    for (const reader of [
      StreamReader.from(iterable),
      StreamReader.from(socket),
      StreamReader.from(Readable.from([bytes('ab')])),
    ]) {
      await until('it has ended', () => !reader.input.open);
      await reader.cancel(new Error('late'));
      expect(`${await reader.readAll()}`).toBe('ab');
      expect(reader.atEof()).toBe(true);
    }
    expect(closed).not.toHaveBeenCalled();
    expect(socket.destroyed).toBe(false);
  });

  it('rejects with the error of the source, and throws nothing when nobody waits', async () => {
    const broken = new Error('it can not be closed');
    const close = () => {
      throw broken;
    };
    async function* stubborn() {
      try {
        for (;;) yield bytes('abc');
      } finally {
        close();
      }
    }
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const reader = StreamReader.from(stubborn(), { limit: 1 });
    await until('it waits', () => reader.bufferedAmount === 3);
    void reader.cancel();
    await settled();
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
    expect(await failureOf(reader.cancel())).toBe(broken);
    expect(`${await reader.read(9)}`).toBe('abc');
    expect(await failureOf(reader.read(9))).toBeInstanceOf(ConnectionClosedError);
  });

  it('throws a TypeError on the reader of a connection, which has its own end', async () => {
    const [near, far] = connectionPair();
    expect(() => near.reader.cancel()).toThrow(TypeError);
    expect(() => near.reader.cancel()).toThrow(
      'Cannot cancel the reader of a connection: close or destroy the connection',
    );
    await expect(near.reader[Symbol.asyncDispose]()).rejects.toBeInstanceOf(TypeError);
    far.writer.write('still here\n');
    expect(`${await near.reader.readLine()}`).toBe('still here\n');
    near.destroy();
    far.destroy();
  });
});
