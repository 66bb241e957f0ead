// Proves what the reads of a generator return and which bytes stay when it is not done; how `decode` uses it, on
// readers and other sources, is in spec/operators/decode.spec.ts.
import * as fc from 'fast-check';
import { take } from 'rxjs';
import { type FramePair, verifyDecoder } from 'rxjs-tcp/testing';
import {
  ByteBuffer,
  decode,
  type FrameGenerator,
  type FrameReader,
  type FrameStep,
  InvalidFrameError,
  LimitOverrunError,
  lines,
} from '../../src';
import { generatorDecoder } from '../../src/codecs/generatorDecoder';
import { byteByByte, bytes, cutsOf } from '../support/cuts';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { thrownBy } from '../support/thrownBy';

/** Decodes `text` (latin1) in one buffer, until it returns nothing more. */
function framesIn<T>(generate: FrameGenerator<T>, text: string): unknown[] {
  const decoder = generatorDecoder(generate);
  const buffer = new ByteBuffer();
  buffer.append(bytes(text, 'latin1'));
  const frames: unknown[] = [];
  for (let frame = decoder.decode(buffer, false); frame !== undefined; frame = decoder.decode(buffer, false)) {
    frames.push(frame);
  }
  return frames;
}

describe('generatorDecoder', () => {
  it('read.exactly() reads that many bytes', () => {
    verifyDecoder(
      function* (read) {
        const size = (yield* read.exactly(2)).readUInt16BE();
        return `${yield* read.exactly(size)}`;
      },
      [
        ['\0\x03abc', 'abc'],
        ['\0\0', ''],
        [`\x01\x2c${'x'.repeat(300)}`, 'x'.repeat(300)],
      ],
    );
  });

  it('read.uint() reads unsigned integers of 1 to 6 bytes, in either byte order', () => {
    verifyDecoder(
      function* (read) {
        return [yield* read.uint(1), yield* read.uint(2), yield* read.uint(4, 'little'), yield* read.uint(6)];
      },
      [
        [bytes('\x07\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe', 'latin1'), [7, 258, 2 ** 32 - 1, 2 ** 48 - 2]],
        [bytes('\0\0\0\x01\0\0\0\0\0\0\0\0\0', 'latin1'), [0, 0, 1, 0]],
      ],
    );
  });

  it.each<[string, (read: FrameReader) => unknown, string]>([
    ['0 bytes', (read) => read.uint(0 as 1), 'Cannot read an integer of 0 bytes: it must have 1 to 6'],
    ['7 bytes', (read) => read.uint(7 as 1), 'Cannot read an integer of 7 bytes: it must have 1 to 6'],
    ['half a byte', (read) => read.uint(1.5 as 1), 'Cannot read an integer of 1.5 bytes: it must have 1 to 6'],
    [
      'another order',
      (read) => read.uint(2, 'middle' as 'big'),
      "Cannot use middle as endian: it must be 'big' or 'little'",
    ],
  ])('read.uint() throws for %s', (_, use, message) => {
    const decoder = generatorDecoder(function* (read) {
      use(read);
      return yield* read.exactly(1);
    });
    const buffer = new ByteBuffer();
    buffer.append(bytes('abc'));
    expect(() => decoder.decode(buffer, false)).toThrow(message);
    expect(buffer.length).toBe(3);
  });

  it('read.until() reads through the first of several separators', () => {
    verifyDecoder(
      function* (read) {
        return [`${yield* read.until(';')}`, `${yield* read.until(['\r\n', '--', Buffer.from('\0')])}`];
      },
      [
        ['a;b\r\n', ['a;', 'b\r\n']],
        [';--', [';', '--']],
        ['a;-\r\0', ['a;', '-\r\0']],
      ],
    );
  });

  it('read.line() reads lines of text without their ending', () => {
    verifyDecoder(
      function* (read) {
        return [
          yield* read.line(),
          yield* read.line({ eol: 'crlf', fatal: true }),
          yield* read.line({ encoding: 'latin1' }),
        ];
      },
      [
        [bytes('ä\n€\r\n\n'), ['ä', '€', '']],
        [bytes('\r\n\r\n\xe9\r\n', 'latin1'), ['', '', 'é']],
      ],
    );
  });

  it('read.peek() leaves the bytes for the next read, and read.skip() drops bytes', () => {
    verifyDecoder(
      function* (read) {
        const kind = `${yield* read.peek(1)}`;
        const again = `${yield* read.peek(3)}`;
        yield* read.skip(1);
        yield* read.skip(0);
        return [kind, again, `${yield* read.exactly(2)}`];
      },
      [
        ['abc', ['a', 'abc', 'bc']],
        ['def', ['d', 'def', 'ef']],
      ],
    );
  });

  it('supports calls of other generators, loops and conditions', () => {
    function* netstring(read: FrameReader): Generator<undefined, string, undefined> {
      const size = (yield* read.until(':', { limit: 9 })).toString('latin1').slice(0, -1);
      if (!/^(0|[1-9]\d*)$/.test(size)) throw new InvalidFrameError(`${size} is no size`, 0);
      const content = yield* read.exactly(Number(size));
      if ((yield* read.exactly(1)).toString() !== ',')
        throw new InvalidFrameError('the comma is missing', size.length + 1 + content.length);
      return `${content}`;
    }
    type Tree = string | Tree[];
    function* tree(read: FrameReader): Generator<undefined, Tree, undefined> {
      if ((yield* read.peek(1)).toString() !== '(') return yield* netstring(read);
      yield* read.skip(1);
      const children: Tree[] = [];
      while ((yield* read.peek(1)).toString() !== ')') children.push(yield* tree(read));
      yield* read.skip(1);
      return children;
    }
    verifyDecoder<Tree>(tree, [
      ['3:abc,', 'abc'],
      ['0:,', ''],
      ['()', []],
      ['(1:a,(2:),,()12:123456789012,))', ['a', ['),', [], '123456789012']]],
    ]);
    const trees = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'grapheme-ascii', maxLength: 5 }),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    })).tree;
    const write = (value: Tree): string =>
      typeof value === 'string' ? `${value.length}:${value},` : `(${value.map(write).join('')})`;
    fc.assert(
      fc.property(fc.array(trees, { minLength: 1, maxLength: 3 }), (values) => {
        verifyDecoder<Tree>(
          tree,
          values.map((value): FramePair<Tree> => [write(value), value]),
          { cuts: 3 },
        );
      }),
      { seed: 4, numRuns: 25 },
    );
  });

  it('skips frames of undefined', () => {
    verifyDecoder<string>(
      function* (read) {
        const line = yield* read.line();
        return line === '' ? undefined : line;
      } as FrameGenerator<string>,
      [
        ['\n', undefined],
        ['a\n', 'a'],
        ['\r\n', undefined],
        ['b\n', 'b'],
      ],
    );
  });

  it('emits falsy values, also null', () => {
    const values = [0, '', false, null, Number.NaN];
    expect(
      framesIn(function* (read) {
        return values[(yield* read.exactly(1))[0] as number];
      }, '\0\x01\x02\x03\x04'),
    ).toEqual(values);
  });

  it('returns a view of the bytes where they lie in one chunk', () => {
    const chunk = bytes('abcdef');
    const decoder = generatorDecoder(function* (read) {
      return [yield* read.exactly(2), yield* read.until('d'), yield* read.peek(1), yield* read.exactly(2)];
    });
    const buffer = new ByteBuffer();
    buffer.append(chunk);
    const views = decoder.decode(buffer, false) as Buffer[];
    expect(views.map(String)).toEqual(['ab', 'cd', 'e', 'ef']);
    for (const view of views) {
      expect(Buffer.isBuffer(view)).toBe(true);
      expect(view.buffer).toBe(chunk.buffer);
    }
  });

  it('accepts a step that is stored and yielded later, twice or in another order', () => {
    verifyDecoder(
      function* (read) {
        const one = read.exactly(1);
        const two = read.exactly(2);
        const look = read.peek(2);
        return [yield* two, yield* one, yield* look, yield* one, yield* two].map(String).join(' ');
      },
      [
        ['abcdef', 'ab c de d ef'],
        ['ghijkl', 'gh i jk j kl'],
      ],
    );
  });

  it('resumes where it waited, and repeats nothing', () => {
    const events: string[] = [];
    const { reader, push } = handFed();
    const { seen } = record(
      reader.pipe(
        decode(function* (read) {
          events.push('begin');
          const first = `${yield* read.exactly(2)}`;
          events.push(first);
          const second = `${yield* read.exactly(2)}`;
          events.push(second);
          return first + second;
        }),
      ),
    );
    for (const byte of 'abcdefg') push(byte);
    expect(seen).toEqual(['abcd']);
    expect(events).toEqual(['begin', 'ab', 'cd', 'begin', 'ef']);
  });

  it('starts an unfinished frame anew when the read was cancelled', () => {
    const events: string[] = [];
    const { reader, push } = handFed();
    const frames = reader.pipe(
      decode(function* (read) {
        const first = `${yield* read.exactly(2)}`;
        events.push(first);
        return first + (yield* read.exactly(2)).toString();
      }),
    );
    const first = record(frames);
    push('abc');
    first.subscription.unsubscribe();
    expect(reader.peek(9).toString()).toBe('abc');
    push('def');
    expect(record(frames).seen).toEqual(['abcd']);
    expect(events).toEqual(['ab', 'ab', 'ef']);
  });

  it('leaves the reader at the start of the frame when the generator throws', () => {
    const { reader, push } = handFed();
    const frames = decode(function* (read) {
      const line = yield* read.line();
      const more = yield* read.exactly(2);
      if (line === 'bad') throw new InvalidFrameError('it is bad', 0);
      return `${line} ${more}`;
    });
    const first = record(reader.pipe(frames));
    push(...byteByByte(bytes('good\n12bad\n34good\n56')));
    expect(first.seen).toEqual(['good 12', '# InvalidFrameError']);
    expect(reader.peek(99).toString()).toBe('bad\n34good\n56');
    expect(record(reader.pipe(lines(), take(1))).seen).toEqual(['bad', '|']);
    expect(reader.peek(99).toString()).toBe('34good\n56');
    expect(record(reader.pipe(frames)).seen).toEqual(['34good 56']);
  });

  it('counts `consumed` and `offset` from the start of the frame', () => {
    const overrun = generatorDecoder(function* (read) {
      yield* read.exactly(3);
      return yield* read.until(';', { limit: 2 });
    });
    const buffer = new ByteBuffer();
    buffer.append(bytes('abcdef;g'));
    expect(thrownBy(() => overrun.decode(buffer, false))).toMatchObject({ limit: 2, consumed: 6 });
    const invalid = generatorDecoder(function* (read) {
      yield* read.exactly(2);
      return yield* read.line({ eol: 'crlf' });
    });
    const lines = new ByteBuffer();
    lines.append(bytes('abcd\n'));
    expect(thrownBy(() => invalid.decode(lines, false))).toMatchObject({ name: 'InvalidFrameError', offset: 4 });
  });

  it('applies the limit of the reader, or its own', () => {
    const until = function* (read: FrameReader) {
      return `${yield* read.until(';')}`;
    };
    const line = function* (read: FrameReader) {
      return yield* read.line();
    };
    for (const generate of [until, line]) {
      const { reader, push } = handFed(4);
      const { seen, error } = ((recording) => {
        push('abcde');
        return recording;
      })(record(reader.pipe(decode(generate))));
      expect(seen).toEqual(['# LimitOverrunError']);
      expect(error ?? seen).toBeDefined();
      expect(reader.bufferedAmount).toBe(5);
    }
    expect(
      framesIn(
        function* (read) {
          return `${yield* read.until(';', { limit: 100_000 })}`.length;
        },
        `${'x'.repeat(100_000)};`,
      ),
    ).toEqual([100_001]);
  });

  it('can catch an error of a read, and read on from there', () => {
    expect(
      framesIn(function* (read) {
        try {
          return yield* read.line({ limit: 3 });
        } catch (error) {
          return `too long: ${yield* read.exactly((error as LimitOverrunError).consumed)}`;
        }
      }, 'abc\nabcdef'),
    ).toEqual(['abc', 'too long: abcdef']);
  });

  it.each<[string, FrameGenerator<unknown>, string]>([
    [
      'reads nothing',
      // biome-ignore lint/correctness/useYield: that is what is wrong with it
      function* () {
        return 1;
      },
      'returned before it read a byte',
    ],
    [
      'only peeks',
      function* (read) {
        return yield* read.peek(1);
      },
      'returned before it read a byte',
    ],
    ['returns undefined without a read', function* () {}, 'returned before it read a byte'],
    ['is not a generator function', (() => 1) as never, 'must be a function*'],
    ['is asynchronous', (async () => 1) as never, 'must be a function*'],
    ['is an asynchronous generator', async function* () {} as never, 'must be a function*'],
  ])('errors with a TypeError if it %s', (_, generate, message) => {
    const { reader, push } = handFed();
    const recording = record(reader.pipe(decode(generate as FrameGenerator<string>)));
    expect(recording.seen).toEqual([]);
    push('abc');
    expect(recording.seen).toEqual(['# TypeError']);
    expect((recording.error as Error).message).toContain(message);
    expect(reader.bufferedAmount).toBe(3);
  });

  it.each<[string, (read: FrameReader) => FrameStep<unknown>, new () => Error]>([
    ['exactly(-1)', (read) => read.exactly(-1), RangeError],
    ['exactly(1.5)', (read) => read.exactly(1.5), RangeError],
    ['exactly(NaN)', (read) => read.exactly(Number.NaN), RangeError],
    ['exactly(Infinity)', (read) => read.exactly(Number.POSITIVE_INFINITY), RangeError],
    ["exactly('1')", (read) => read.exactly('1' as never), TypeError],
    ['peek(-1)', (read) => read.peek(-1), RangeError],
    ['skip(-1)', (read) => read.skip(-1), RangeError],
    ["until('')", (read) => read.until(''), RangeError],
    ['until(7)', (read) => read.until(7 as never), TypeError],
    ['until with limit 0', (read) => read.until(';', { limit: 0 }), RangeError],
    ['line with limit -1', (read) => read.line({ limit: -1 }), RangeError],
  ])('throws for %s at the call', (_, call, type) => {
    const errors: unknown[] = [];
    framesIn(function* (read) {
      errors.push(thrownBy(() => call(read)));
      return yield* read.exactly(1);
    }, 'a');
    expect(errors).toEqual([expect.any(type)]);
  });

  describe('maxLength', () => {
    const generate: FrameGenerator<string> = function* (read) {
      const kind = `${yield* read.exactly(1)}`;
      if (kind === 'e') return `${yield* read.exactly(4)}`;
      if (kind === 's') return `${yield* read.skip(4)}`;
      if (kind === 'p') return `${yield* read.peek(5)}`;
      if (kind === 'l') return yield* read.line();
      let all = '';
      for (let next = '.'; next !== ';'; next = `${yield* read.exactly(1)}`) all += next;
      return all;
    };

    it.each([
      ['e1234', 5, 5],
      ['s1234', 5, 5],
      ['l123\n', 5, 5],
      ['u1234;', 6, 6],
    ])('%j: bounds the bytes of a frame, for every cut', (text, size, consumed) => {
      for (const cut of cutsOf(bytes(text))) {
        const { reader, push } = handFed();
        const right = record(reader.pipe(decode(generate, { maxLength: size })));
        push(...cut);
        expect(right.seen).toHaveLength(1);
        expect(right.error).toBeUndefined();
        right.subscription.unsubscribe();
        const wrong = record(reader.pipe(decode(generate, { maxLength: size - 1 })));
        push(...cut);
        expect(wrong.error).toEqual(new LimitOverrunError(size - 1, consumed));
        expect(reader.bufferedAmount).toBe(size);
      }
    });

    it('is checked before the generator waits for the bytes', () => {
      const { reader, push } = handFed();
      const recording = record(reader.pipe(decode(generate, { maxLength: 4 })));
      push('e');
      expect(recording.error).toEqual(new LimitOverrunError(4, 5));
    });

    it('is 16 MiB by default', () => {
      const decodeSize = (size: number[]) => {
        const buffer = new ByteBuffer();
        buffer.append(Buffer.from(size));
        return generatorDecoder(function* (read) {
          return yield* read.exactly((yield* read.exactly(4)).readUInt32BE());
        }).decode(buffer, false);
      };
      expect(decodeSize([0x00, 0xff, 0xff, 0xfc])).toBeUndefined();
      expect(thrownBy(() => decodeSize([0x00, 0xff, 0xff, 0xfd]))).toEqual(new LimitOverrunError(2 ** 24, 2 ** 24 + 1));
    });

    it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '9'])('throws for %p', (maxLength) => {
      expect(() => decode(generate, { maxLength: maxLength as number })).toThrow(
        `Cannot use ${maxLength} as maxLength`,
      );
    });
  });

  it('looks at each chunk of a long frame once: small reads from many small chunks take linear time', () => {
    const generate: FrameGenerator<number> = function* (read) {
      let sum = 0;
      for (let i = 0; i < 100_000; i++)
        sum += ((yield* read.exactly(1))[0] as number) + ((yield* read.until(';'))[0] as number);
      return sum;
    };
    const buffer = new ByteBuffer();
    for (let i = 0; i < 100_000; i++) {
      buffer.append(bytes('\x01\x01'));
      buffer.append(bytes(';'));
    }
    expect(generatorDecoder(generate).decode(buffer, false)).toBe(200_000);
    expect(buffer.length).toBe(0);
  }, 10_000);
});

describe('generatorDecoder: read.line() at the end of the stream', () => {
  /** A name and a value, on one line each. */
  const pair = (rest: boolean): FrameGenerator<string> =>
    function* (read) {
      const name = yield* read.line();
      const value = yield* read.line({ rest });
      return `${name}=${value}`;
    };

  it.each([
    ['a\nb\n', ['a=b', '|']],
    ['a\nb', ['a=b', '|']],
    ['a\nb\nc\nd', ['a=b', 'c=d', '|']],
    ['a\nb\r', ['a=b\r', '|']],
    ['a\n', ['# IncompleteReadError']],
    ['a', ['# IncompleteReadError']],
    ['', ['|']],
  ])('returns the unterminated rest on request: %j', (input, expected) => {
    for (const cut of cutsOf(bytes(input))) {
      const { reader, push, end } = handFed();
      const { seen } = record(reader.pipe(decode(pair(true))));
      push(...cut);
      end();
      expect(seen).toEqual(expected);
      const whole = handFed();
      whole.push(...cut);
      whole.end();
      expect(record(whole.reader.pipe(decode(pair(true)))).seen).toEqual(expected);
    }
  });

  it('is an IncompleteReadError with the whole frame otherwise', () => {
    const { reader, push, end } = handFed();
    const recording = record(reader.pipe(decode(pair(false))));
    push('a\nb');
    end();
    expect(recording.error).toMatchObject({ name: 'IncompleteReadError', partial: bytes('a\nb') });
  });

  it.each<[string, Parameters<FrameReader['line']>[0], string]>([
    ['over its limit', { rest: true, limit: 2 }, 'LimitOverrunError'],
    ['with a lone \\r', { rest: true, eol: 'crlf' }, 'InvalidFrameError'],
    ['of bytes that are not UTF-8', { rest: true, fatal: true }, 'InvalidFrameError'],
  ])('errors for a rest %s', (_, options, name) => {
    const { reader, push, end } = handFed();
    const recording = record(
      reader.pipe(
        decode(function* (read) {
          return yield* read.line(options);
        }),
      ),
    );
    push(Buffer.from('ab\xff\r', 'latin1'));
    end();
    expect(recording.seen).toEqual([`# ${name}`]);
  });
});
