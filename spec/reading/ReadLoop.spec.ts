// Proves which read may run when, that nothing is delivered to a cancelled read, and that the source is paused above
// twice the limit, resumed at the limit, and kept running for a read that starves.
import { concatMap, repeat, retry, take, tap } from 'rxjs';
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { Needle } from '../../src/bytes/Needle';
import type { Decoder } from '../../src/codecs/Decoder';
import { ExactlyDecoder, lineDecoder, untilDecoder } from '../../src/codecs/readDecoders';
import { LimitOverrunError, ReaderBusyError } from '../../src/errors';
import { readExactly } from '../../src/operators/readExactly';
import { readLine } from '../../src/operators/readLine';
import { readUntil } from '../../src/operators/readUntil';
import type { Read } from '../../src/reading/Read';
import { ReadLoop } from '../../src/reading/ReadLoop';
import { handFed } from '../support/handFed';
import { record, text } from '../support/record';

interface Fake extends Read<Buffer> {
  closed: boolean;
  seen: string[];
  /** Runs inside the delivery. */
  onNext?: (frame: string) => void;
  onError?: () => void;
}

function fake(decoder: Decoder<Buffer> = lineDecoder()): Fake {
  const read: Fake = {
    decoder,
    closed: false,
    seen: [],
    next(frame) {
      read.seen.push(`${frame}`);
      read.onNext?.(`${frame}`);
    },
    error(error) {
      read.seen.push(`# ${(error as Error).message}`);
      read.onError?.();
    },
    complete: () => read.seen.push('|'),
  };
  return read;
}

const BUSY = `# ${new ReaderBusyError().message}`;

describe('ReadLoop', () => {
  describe('one read at a time', () => {
    it('delivers to the active read, and refuses another', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      loop.begin(one);
      loop.begin(two);
      loop.push(Buffer.from('a\nb\n'));
      expect([one.seen, two.seen]).toEqual([['a\n', 'b\n'], [BUSY]]);
    });

    it('is free again after a cancellation, and undelivered bytes stay', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      one.onNext = () => loop.cancel(one);
      loop.begin(one);
      loop.push(Buffer.from('a\nb\n'));
      loop.begin(two);
      expect([one.seen, two.seen]).toEqual([['a\n'], ['b\n']]);
    });

    it('ignores the cancellation of a read that is not active', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      loop.begin(one);
      loop.cancel(two);
      loop.push(Buffer.from('a\n'));
      expect(one.seen).toEqual(['a\n']);
    });

    it('delivers nothing to a read that was cancelled before it began', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      loop.push(Buffer.from('a\n'));
      one.closed = true;
      loop.begin(one);
      loop.begin(two);
      expect([one.seen, two.seen]).toEqual([[], ['a\n']]);
    });

    it('decides about a read begun inside a delivery when the delivery returns: it follows a read that has left', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      one.onNext = () => {
        loop.begin(two);
        expect(two.seen).toEqual([]);
        loop.cancel(one);
      };
      loop.begin(one);
      loop.push(Buffer.from('a\nb\n'));
      expect([one.seen, two.seen]).toEqual([['a\n'], ['b\n']]);
    });

    it('decides about a read begun inside a delivery when the delivery returns: a read that stays refuses it', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      one.onNext = (frame) => {
        if (frame === 'a\n') loop.begin(two);
      };
      loop.begin(one);
      loop.push(Buffer.from('a\nb\n'));
      expect([one.seen, two.seen]).toEqual([['a\n', 'b\n'], [BUSY]]);
    });

    it('accepts the first of several reads begun inside a delivery that was not cancelled', () => {
      const loop = new ReadLoop(99);
      const [one, gone, first, second] = [fake(), fake(), fake(), fake()];
      one.onNext = () => {
        loop.cancel(one);
        for (const read of [gone, first, second]) loop.begin(read);
        gone.closed = true;
      };
      loop.begin(one);
      loop.push(Buffer.from('a\nb\n'));
      expect([one.seen, gone.seen, first.seen, second.seen]).toEqual([['a\n'], [], ['b\n'], [BUSY]]);
    });

    it('decides about reads begun inside a delivery also when the delivery throws', () => {
      const loop = new ReadLoop(99);
      const [one, two] = [fake(), fake()];
      one.onNext = () => {
        loop.cancel(one);
        loop.begin(two);
        throw new Error('thrown');
      };
      loop.begin(one);
      expect(() => loop.push(Buffer.from('a\nb\n'))).toThrow('thrown');
      loop.push(Buffer.from('c\n'));
      expect(two.seen).toEqual(['b\n', 'c\n']);
    });

    it('passes to its guard the error that a delivery throws, and goes on with the next read', () => {
      const loop = new ReadLoop(99);
      const thrown: unknown[] = [];
      loop.guard = { error: (error) => thrown.push(error) };
      const [one, two] = [fake(), fake()];
      const failure = new Error('thrown');
      one.onNext = () => {
        loop.cancel(one);
        loop.begin(two);
        throw failure;
      };
      two.complete = () => {
        two.seen.push('|');
        throw failure;
      };
      loop.begin(one);
      loop.push(Buffer.from('a\nb\n'));
      expect([one.seen, two.seen, thrown]).toEqual([['a\n'], ['b\n'], [failure]]);
      loop.end();
      expect([two.seen, thrown]).toEqual([
        ['b\n', '|'],
        [failure, failure],
      ]);
      expect(loop.reading).toBe(false);
    });

    it('is free before it delivers an error or the end', () => {
      const loop = new ReadLoop(1);
      const [one, two, three] = [fake(), fake(), fake()];
      one.onError = () => loop.begin(two);
      two.complete = () => {
        two.seen.push('|');
        loop.begin(three);
      };
      loop.begin(one);
      loop.push(Buffer.from('long\na\n'));
      loop.end();
      expect([one.seen.length, two.seen, three.seen]).toEqual([1, ['a\n', '|'], ['|']]);
    });

    it('appends chunks that a consumer pushes inside a delivery', () => {
      const loop = new ReadLoop(99);
      const read = fake();
      read.onNext = (frame) => {
        if (frame === 'a\n') loop.push(Buffer.from('c\n'));
        if (frame === 'c\n') loop.end();
      };
      loop.begin(read);
      loop.push(Buffer.from('a\nb\n'));
      expect(read.seen).toEqual(['a\n', 'b\n', 'c\n', '|']);
    });
  });

  describe('with endless re-subscription', () => {
    it.each(['complete', 'error'])('keeps the stack flat: 20,000 times from %s, of an ended stream', async (how) => {
      const { reader, end, fail } = handFed();
      if (how === 'error') fail(new Error('broken'));
      else end();
      let times = 0;
      const counted = reader.pipe(tap({ subscribe: () => times++ }));
      const again = how === 'error' ? counted.pipe(retry(20_000)) : counted.pipe(repeat(20_000));
      await new Promise<void>((done) => again.subscribe({ error: () => done(), complete: done }));
      expect(times).toBe(how === 'error' ? 20_001 : 20_000);
    });

    it('keeps the stack flat: 20,000 lines of one chunk, each with its own subscription', async () => {
      const { reader, push } = handFed();
      push('line\n'.repeat(20_000), 'rest');
      let seen = 0;
      const all = reader.pipe(readLine(), take(1), repeat(20_000));
      await new Promise<void>((done) => all.subscribe({ next: () => seen++, complete: done }));
      expect(seen).toBe(20_000);
      expect(`${reader.peek(9)}`).toBe('rest');
    });

    it('keeps the stack flat: retry after each of 20,000 lines over the limit', async () => {
      const { reader, push, end } = handFed(1);
      push('line\n'.repeat(20_000), '!');
      end();
      const seen = await new Promise<string[]>((done) => {
        const frames: string[] = [];
        reader
          .pipe(readLine(), retry())
          .subscribe({ next: (frame) => frames.push(`${frame}`), complete: () => done(frames) });
      });
      expect(seen).toEqual(['!']);
    });
  });

  describe('holds', () => {
    it('are counted, and released once each', () => {
      const { reader, push } = handFed();
      const { seen } = record(reader.pipe(readLine()));
      const [first, second] = [reader.pause(), reader.pause()];
      push('a\n');
      first();
      first();
      expect(seen).toEqual([]);
      second();
      expect(seen).toEqual(['a\n']);
    });

    it('stop the end and errors as well as frames', () => {
      const ended = handFed();
      const broken = handFed();
      const holds = [ended.reader.pause(), broken.reader.pause()];
      const seen = [record(ended.reader).seen, record(broken.reader).seen];
      ended.push('a');
      ended.end();
      broken.fail(new Error('broken'));
      expect(seen).toEqual([[], []]);
      for (const release of holds) release();
      expect(seen).toEqual([['a', '|'], ['# broken']]);
    });

    it('outlive the subscription that started them', () => {
      const { reader, push } = handFed();
      let release = () => {};
      const { seen } = record(
        reader.pipe(
          readLine(),
          tap(() => (release = reader.pause())),
          take(1),
        ),
      );
      push('a\nb\n');
      expect(seen).toEqual(['a\n', '|']);
      const next = record(reader.pipe(readLine()));
      expect(next.seen).toEqual([]);
      release();
      expect(next.seen).toEqual(['b\n']);
    });

    it('stop nothing after a release inside the same delivery', () => {
      const { reader, push } = handFed();
      const seen: string[] = [];
      reader.pipe(readLine()).subscribe((line) => {
        const release = reader.pause();
        seen.push(text(line));
        release();
        expect(seen.at(-1)).toBe(text(line));
      });
      push('a\nb\nc\n');
      expect(seen).toEqual(['a\n', 'b\n', 'c\n']);
    });

    it('allow deliveries only up to the next hold after their release', () => {
      const { reader, push } = handFed();
      const seen: string[] = [];
      let release = () => {};
      reader.pipe(readLine()).subscribe((line) => {
        seen.push(text(line));
        release = reader.pause();
      });
      push('a\nb\nc\n');
      for (const count of [1, 2, 3, 3]) {
        expect(seen).toHaveLength(count);
        release();
      }
    });

    it('can be released inside the end', () => {
      const { reader, push, end } = handFed();
      const { seen } = record(reader.pipe(readLine({ limit: 9 })));
      const release = reader.pause();
      push('a\n', 'b');
      end();
      release();
      release();
      expect(seen).toEqual(['a\n', 'b', '|']);
    });

    it('are checked before a read is refused: a second read is refused at once', () => {
      const { reader } = handFed();
      reader.pause();
      record(reader.pipe(readLine()));
      expect(record(reader.pipe(readLine())).seen).toEqual(['# ReaderBusyError']);
    });
  });

  describe('failure', () => {
    it('delivers complete frames first, then the error, also to every later read', () => {
      const { reader, push, fail } = handFed();
      push('a\nb\nrest');
      fail(new Error('broken'));
      expect(record(reader.pipe(readLine())).seen).toEqual(['a\n', 'b\n', '# broken']);
      expect(record(reader.pipe(readLine())).seen).toEqual(['# broken']);
      expect(record(reader.pipe(readExactly(2))).seen).toEqual(['re', 'st', '# broken']);
      expect(record(reader).seen).toEqual(['# broken']);
      expect(reader.atEof()).toBe(false);
    });

    it('passes on any error untouched', () => {
      const { reader, fail } = handFed();
      const system = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      fail(system);
      expect(record(reader).error).toBe(system);
    });

    it('is decided by the first event: nothing arrives after the end or an error', () => {
      const { reader, push, end, fail } = handFed();
      end();
      fail(new Error('too late'));
      push('too late');
      expect(record(reader).seen).toEqual(['|']);
      expect(reader.bufferedAmount).toBe(0);
    });

    it('follows a chunk that is not bytes, after the bytes before it', () => {
      for (const [chunk, type] of [
        ['text', 'string'],
        [1, 'number'],
        [null, 'object'],
        [undefined, 'undefined'],
        [[1], 'object'],
        [new ArrayBuffer(1), 'object'],
      ] as const) {
        const { reader, push } = handFed();
        push('a');
        reader.input.push(chunk as unknown as Uint8Array);
        const { seen, error } = record(reader);
        expect(seen).toEqual(['a', '# TypeError']);
        expect(error).toEqual(new TypeError(`Cannot read a chunk of type ${type}: it must be a Uint8Array`));
      }
    });

    it('of a decoder that leaves the read leaves that read open: the next read gets the remaining bytes', () => {
      const { reader, push } = handFed(2);
      push('abc');
      expect(record(reader.pipe(readUntil('\n'))).seen).toEqual(['# LimitOverrunError']);
      push('d\n');
      expect(record(reader.pipe(readUntil('\n', { limit: 9 }))).seen).toEqual(['abcd\n']);
    });

    it('reports the unread bytes when the stream ended and a decoder had no answer', () => {
      const { reader, push, end } = handFed();
      push('abc');
      end();
      expect(record(reader.pipe(readUntil('\n'))).error).toMatchObject({ partial: Buffer.from('abc'), expected: null });
      expect(reader.atEof()).toBe(true);
    });
  });

  describe('decoders', () => {
    it('are not called for an ended stream without bytes', () => {
      const calls: [number, boolean][] = [];
      const loop = new ReadLoop(99);
      const read = fake({
        decode(buffer, ended) {
          calls.push([buffer.length, ended]);
          return buffer.length > 1 ? buffer.take(2) : undefined;
        },
      });
      loop.push(Buffer.from('abcd'));
      loop.end();
      loop.begin(read);
      expect(calls).toEqual([
        [4, true],
        [2, true],
      ]);
      expect(read.seen).toEqual(['ab', 'cd', '|']);
    });

    // As many bytes as were skipped, fewer, and more.
    it.each(['good\n', 'ok\n', 'better\n'])('are called again when %j arrives while they skip', (next) => {
      const loop = new ReadLoop(99);
      const read = fake({
        decode(buffer, ended) {
          const line = lineDecoder().decode(buffer, ended);
          if (`${line}` !== 'bad!\n') return line;
          loop.push(Buffer.from(next));
          return undefined;
        },
      });
      loop.begin(read);
      loop.push(Buffer.from('bad!\n'));
      expect([read.seen, loop.starving]).toEqual([[next], true]);
    });

    it('see an end that arrives while they decode', () => {
      const loop = new ReadLoop(99);
      const read = fake({
        decode(buffer, ended) {
          loop.end();
          return lineDecoder().decode(buffer, ended);
        },
      });
      loop.begin(read);
      loop.push(Buffer.from('rest'));
      expect(read.seen).toEqual(['rest', '|']);
    });

    it('have consumed a frame before it is delivered', () => {
      const { reader, push } = handFed();
      const left: number[] = [];
      reader.pipe(readLine()).subscribe(() => left.push(reader.bufferedAmount));
      push('a\nb\nc\n');
      expect(left).toEqual([4, 2, 0]);
    });

    it('share the buffer of the loop', () => {
      const loop = new ReadLoop(7);
      expect(loop.buffer).toBeInstanceOf(ByteBuffer);
      expect(loop.buffer.limit).toBe(7);
    });
  });

  describe('the read-ahead', () => {
    it('pauses above twice the limit and resumes at the limit', () => {
      const { reader, push, asked } = handFed(4);
      push('12345678');
      expect(asked).toEqual([]);
      push('9');
      expect(asked).toEqual(['pause']);
      for (const [count, asks] of [
        [4, 1],
        [0, 1],
        [1, 2],
      ] as const) {
        record(reader.pipe(readExactly(1), take(count)));
        expect(asked).toHaveLength(asks);
      }
      expect(asked).toEqual(['pause', 'resume']);
      expect(reader.bufferedAmount).toBe(4);
    });

    it('does not toggle per read', async () => {
      const { reader, push, asked } = handFed(10);
      push('a\n'.repeat(15));
      for (let i = 0; i < 9; i++) await reader.readLine();
      expect(asked).toEqual(['pause']);
      await reader.readLine();
      expect(asked).toEqual(['pause', 'resume']);
      for (let i = 0; i < 4; i++) {
        await reader.readLine();
        push('b\n');
      }
      expect(asked).toEqual(['pause', 'resume']);
    });

    it('continues for a read that has seen everything and needs more', () => {
      const { reader, push, asked } = handFed(2);
      const { seen } = record(reader.pipe(readExactly(30), take(1)));
      for (let i = 0; i < 10; i++) push('abc');
      expect(asked).toEqual([]);
      expect(seen).toEqual(['abc'.repeat(10), '|']);
    });

    it('stops again when such a read is cancelled', () => {
      const { reader, push, asked } = handFed(2);
      const { subscription } = record(reader.pipe(readExactly(30)));
      push('abcdef');
      expect(asked).toEqual([]);
      subscription.unsubscribe();
      expect(asked).toEqual(['pause']);
      record(reader.pipe(readExactly(30)));
      expect(asked).toEqual(['pause', 'resume']);
    });

    it('stops when such a read is held', () => {
      const { reader, push, asked } = handFed(2);
      record(reader.pipe(readExactly(30)));
      push('abcdef');
      const release = reader.pause();
      push('g');
      expect(asked).toEqual(['pause']);
      release();
      expect(asked).toEqual(['pause', 'resume']);
    });

    it('stops when such a read has errored and nobody reads: the rest after a limit does not grow forever', () => {
      const { reader, push, asked } = handFed(2);
      const { seen } = record(reader.pipe(readUntil('\n')));
      push('ab');
      push('cdefgh');
      expect(seen).toEqual(['# LimitOverrunError']);
      expect(asked).toEqual(['pause']);
    });

    it('continues when a promise has dropped a line over the limit', async () => {
      const { reader, push, asked } = handFed(2);
      push('abcdef');
      expect(asked).toEqual(['pause']);
      await expect(reader.readLine()).rejects.toMatchObject({ limit: 2, consumed: 6 });
      expect(asked).toEqual(['pause', 'resume']);
    });

    it('is bounded while the reader is held, and not changed otherwise', () => {
      const { reader, push, asked } = handFed(2);
      reader.pause();
      record(reader);
      push('ab', 'cd', 'e');
      expect(asked).toEqual(['pause']);
      push('more', 'that was under way');
      expect(asked).toEqual(['pause']);
    });

    it('is not changed inside a delivery by holds that come and go', () => {
      const { reader, push, asked } = handFed(2);
      reader.pipe(readLine()).subscribe(() => reader.pause()());
      push('1\n2\n3\n4\n5\n6\n');
      expect(reader.bufferedAmount).toBe(0);
      expect(asked).toEqual([]);
    });

    it('is not changed after the end of the stream', () => {
      const { reader, push, end, asked } = handFed(2);
      push('abcdef');
      end();
      expect(record(reader).seen).toEqual(['abcdef', '|']);
      expect(asked).toEqual(['pause']);
    });
  });

  it('calls back once when the stream has ended and everything was read, by any read', async () => {
    for (const how of ['before', 'promise', 'subscription']) {
      const { reader, push, end } = handFed();
      let times = 0;
      push('a\nb\n');
      if (how === 'before') record(reader.pipe(readLine(), take(2)));
      end();
      reader.input.whenDrained(() => times++);
      expect(times).toBe(how === 'before' ? 1 : 0);
      if (how === 'promise') await reader.readExactly(4);
      if (how === 'subscription') record(reader.pipe(readLine(), take(2)));
      expect(times).toBe(1);
      expect(record(reader).seen).toEqual(['|']);
      expect(times).toBe(1);
    }
  });

  it('is quiet once the stream is over and nothing reads or holds, and then calls back once', () => {
    const loop = new ReadLoop(99);
    const quiet: string[] = [];
    const read = fake();
    const look = (when: string) => quiet.push(`${when} ${loop.isQuiet}`);
    loop.whenQuiet(() => look('called'));
    look('open');
    loop.push(Buffer.from('a\nb'));
    loop.hold('spec');
    loop.begin(read);
    loop.fail(new Error('broken'));
    look('held');
    loop.cancel(read);
    look('cancelled');
    loop.begin(read);
    loop.release('spec');
    loop.whenQuiet(() => look('again'));
    expect(read.seen).toEqual(['a\n', '# broken']);
    expect(quiet).toEqual(['open false', 'held false', 'cancelled false', 'called true', 'again true']);
  });

  it('reports a cut stream only when everything is read, and not inside a delivery', () => {
    const loop = new ReadLoop(99);
    const cut = new Error('cut');
    const told: unknown[] = [];
    const read = fake();
    read.onNext = () => told.push(loop.cut);
    read.complete = () => told.push(loop.cut);
    loop.push(Buffer.from('a\nb\n'));
    loop.end(() => cut);
    expect(loop.cut).toBeUndefined();
    loop.begin(read);
    expect(told).toEqual([undefined, undefined, cut]);
    const whole = new ReadLoop(99);
    whole.end();
    expect(whole.cut).toBeUndefined();
  });

  it('takes a complete frame at once, and consumes nothing without one', () => {
    const loop = new ReadLoop(99);
    expect(loop.take(new ExactlyDecoder(2))).toBeUndefined();
    loop.push(Buffer.from('abc'));
    expect(`${loop.take(new ExactlyDecoder(2))}`).toBe('ab');
    expect(loop.take(new ExactlyDecoder(2))).toBeUndefined();
    expect(loop.take(untilDecoder([Needle.of('\n')]))).toBeUndefined();
    expect(loop.buffer.length).toBe(1);
  });

  it('is idle when nothing reads, holds or is delivered', () => {
    const loop = new ReadLoop(99);
    const read = fake();
    const idle = [loop.idle];
    read.onNext = () => {
      loop.cancel(read);
      idle.push(loop.idle);
    };
    loop.begin(read);
    idle.push(loop.idle);
    loop.push(Buffer.from('a\n'));
    idle.push(loop.idle);
    loop.hold('spec');
    idle.push(loop.idle);
    expect(idle).toEqual([true, false, false, true, false]);
  });

  it('serves take(1) that leads to another read of the same reader', () => {
    const { reader, push } = handFed();
    const { seen } = record(
      reader.pipe(
        readLine(),
        take(1),
        concatMap(() => reader.pipe(readExactly(4), take(1))),
      ),
    );
    push('line\nfourrest');
    expect(seen).toEqual(['four', '|']);
    expect(`${reader.peek(9)}`).toBe('rest');
  });
});

describe('ReadLoop.seize()', () => {
  it('ends a pending skip: the next bytes belong to another stream', () => {
    const loop = new ReadLoop(4);
    loop.push(Buffer.from('too long'));
    expect(() => loop.take(lineDecoder())).toThrow(LimitOverrunError);
    const taken: Uint8Array[] = [];
    loop.seize((bytes) => taken.push(bytes));
    expect(taken).toEqual([Buffer.alloc(0)]);
    loop.push(Buffer.from('new\n'));
    expect(`${loop.take(lineDecoder())}`).toBe('new\n');
  });
});
