// Proves what `decode` does with a decoder and with a generator function, on a reader and on any other Observable: when
// it emits, completes and errors, that its state belongs to a subscription, and which types it has.
import {
  concat,
  defer,
  EMPTY,
  firstValueFrom,
  from,
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
  of,
  repeat,
  retry,
  Subject,
  switchMap,
  take,
  takeUntil,
  toArray,
} from 'rxjs';
import {
  type ByteBuffer,
  type Codec,
  type Decoder,
  decode,
  delimited,
  type FrameReader,
  fixedSize,
  IncompleteReadError,
  lengthPrefixed,
  lines,
  ndjson,
  readExactly,
  readLine,
} from '../../src';
import { byteByByte, bytes, cutsOf } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

/** Frames of a digit and that many bytes. */
const byHand: Decoder<string> = {
  decode(buffer: ByteBuffer) {
    const size = buffer.at(0);
    if (size === undefined || buffer.length < size - 47) return undefined;
    return buffer.take(size - 47).toString('latin1', 1);
  },
};

function* asGenerator(read: FrameReader) {
  const size = Number(yield* read.exactly(1));
  return `${yield* read.exactly(size)}`;
}

describe.each<[string, () => OperatorFunction<Uint8Array, string>]>([
  ['a decoder', () => decode(byHand)],
  ['a generator function', () => decode(asGenerator)],
])('decode(%s)', (_, operator) => {
  describeReadOperator({
    operator: operator as () => OperatorFunction<Uint8Array, string>,
    chunks: { a: '1a', b: '2b', c: 'c0', d: '1d2e', e: '', h: '2bc01d' },
    frames: { a: 'a', b: 'bc', c: '', d: 'd' },
    rows: [
      ['never', '-', '-', '^'],
      ['empty', '-|', '-|', '^!'],
      ['one', '-a-|', '-a-|', '^--!'],
      ['many, in pieces', '-b--c----d-|', '----(bc)-d-#', '^----------!', incomplete('2e')],
      ['many in one chunk', '-h-----|', '-(bcd)-|', '^------!'],
      ['an empty chunk', '-e-a|', '---a|', '^---!'],
      ['an error of the source, after the frames before it', '-a-b-#', '-a---#', '^----!'],
    ],
    three: ['1a', '2bc', '0'],
    emittedAs: ['a', 'bc', ''],
  });

  it('errors with all bytes of the unfinished frame, and the reader is at its end', () => {
    for (const cut of cutsOf(bytes('1a5bcd'))) {
      const { reader, push, end } = handFed();
      const { seen, error } = withInput(reader.pipe(operator()), () => {
        push(...cut);
        end();
      });
      expect(seen).toEqual(['a', '# IncompleteReadError']);
      expect(error).toEqual(incomplete('5bcd'));
      expect((error as IncompleteReadError).partial.toString()).toBe('5bcd');
      expect(reader.atEof()).toBe(true);
    }
  });

  it('frees the reader before it delivers an error: retry reads on', () => {
    const { reader, push } = handFed();
    let times = 0;
    const failing = map((frame: string) => {
      if (++times === 2) throw new Error('once');
      return frame;
    });
    const { seen } = withInput(reader.pipe(operator(), failing, retry(1)), () => push('1a1b1c'));
    expect(seen).toEqual(['a', 'c']);
  });

  it('can be repeated, frame by frame', () => {
    const { reader, push, end } = handFed();
    const { seen } = withInput(reader.pipe(operator(), take(1), repeat(3)), () => {
      push('1a2', 'bc0', '1d');
      end();
    });
    expect(seen).toEqual(['a', 'bc', '', '|']);
    expect(reader.bufferedAmount).toBe(2);
  });

  it('keeps separate state for two readers that are read through one operator', () => {
    const one = operator();
    const [left, right] = [handFed(), handFed()];
    const seen = [left, right].map(({ reader }) => record(reader.pipe(one)).seen);
    const [ofLeft, ofRight] = [byteByByte(bytes('3abc1d')), byteByByte(bytes('2xy3zzz'))];
    for (let i = 0; i < 7; i++) {
      if (ofLeft[i] !== undefined) left.push(ofLeft[i]!);
      right.push(ofRight[i]!);
    }
    expect(seen).toEqual([
      ['abc', 'd'],
      ['xy', 'zzz'],
    ]);
  });

  it('keeps separate state for two sources that are not readers', () => {
    const one = operator();
    const both = from([byteByByte(bytes('3abc1d')), byteByByte(bytes('2xy0'))]).pipe(
      mergeMap((chunks) => from(chunks).pipe(one, toArray())),
      toArray(),
    );
    const results: unknown[] = [];
    both.subscribe((value) => results.push(value));
    expect(results).toEqual([
      [
        ['abc', 'd'],
        ['xy', ''],
      ],
    ]);
  });
});

describe('decode: a read that is cancelled inside its decoder', () => {
  it.each([
    ['another line follows', 'bad\n{"a":1}\n', '{"a":1}\n'],
    ['nothing follows', 'bad\n', ''],
  ])('leaves the rest to the next read, where %s', async (_, text, rest) => {
    const { reader, push, end } = handFed();
    push(text);
    const stop$ = new Subject<void>();
    const codec = ndjson({ onInvalid: () => stop$.next() });
    const { seen } = record(reader.pipe(decode(codec), map(String), takeUntil(stop$)));
    expect(seen).toEqual(['|']);
    push('last\n');
    end();
    expect(`${await reader.readAll()}`).toBe(`${rest}last\n`);
  });
});

describe('decode', () => {
  it('restarts a generator, with everything it does besides reading, on each subscription', () => {
    const begun: string[] = [];
    const frames = decode(function* (read) {
      begun.push('begin');
      return `${yield* read.until(';')}`;
    });
    const { reader, push } = handFed();
    const first = record(reader.pipe(frames));
    push('a;b');
    expect(begun).toEqual(['begin', 'begin']);
    first.subscription.unsubscribe();
    const second = record(reader.pipe(frames));
    expect(begun).toEqual(['begin', 'begin', 'begin']);
    push(';');
    expect([first.seen, second.seen]).toEqual([['a;'], ['b;']]);
    expect(begun).toHaveLength(3);
  });

  it('calls a decoder that skipped bytes again at once, and can be cancelled in between', () => {
    const skipped: string[] = [];
    const passing: Decoder<string> = {
      decode(buffer) {
        const byte = buffer.at(0);
        if (byte === undefined) return undefined;
        if (byte !== 46) return `${buffer.take(1)}`;
        skipped.push(`${buffer.take(1)}`);
        return undefined;
      },
    };
    const { reader, push, end } = handFed();
    const { seen } = record(reader.pipe(decode(passing)));
    push('...a..b..');
    expect(seen).toEqual(['a', 'b']);
    expect(skipped).toHaveLength(7);
    end();
    expect(seen).toEqual(['a', 'b', '|']);
  });

  it('errors for a frame of which the decoder consumed nothing, after the frames before it, and keeps the bytes', () => {
    let answers = 0;
    const stuck: Decoder<string> = {
      decode(buffer) {
        // Ends a decoder that would otherwise run forever.
        if (++answers > 100) throw new Error('endless');
        const byte = `${buffer.peek(1)}`;
        if (byte !== 'x') buffer.skip(1);
        return byte;
      },
    };
    const { reader, push } = handFed();
    const { seen, error } = withInput(reader.pipe(decode(stuck)), () => push('abxc'));
    expect(seen.slice(0, 2)).toEqual(['a', 'b']);
    expect(error).toEqual(new TypeError('Cannot decode the frame: the decoder returned it but consumed no byte'));
    expect(seen).toHaveLength(3);
    expect(reader.peek(9).toString()).toBe('xc');
  });

  it('errors for such a frame also after lines that were decoded ahead', () => {
    const { reader, push } = handFed();
    push('one\ntwo\nthree\nfour\n');
    reader.pipe(lines(), take(2)).subscribe();
    const { seen, error } = record(reader.pipe(decode({ decode: () => 'again' }), take(100)));
    expect(seen).toEqual(['# TypeError']);
    expect(error).toMatchObject({ message: expect.stringContaining('but consumed no byte') });
    expect(reader.peek(5).toString()).toBe('three');
  });

  it('keeps the bytes that a throwing decoder left', () => {
    const { reader, push } = handFed();
    const failing: Decoder<string> = {
      decode(buffer) {
        if (buffer.length < 2) return undefined;
        const frame = `${buffer.take(1)}`;
        if (frame === 'x') throw new Error('x');
        return frame;
      },
    };
    const { seen } = withInput(reader.pipe(decode(failing)), () => push('axb'));
    expect(seen).toEqual(['a', '# x']);
    expect(reader.peek(9).toString()).toBe('b');
  });

  it.each([undefined, null, 7, 'a', {}, { decode: 1 }])('throws for %p', (decoder) => {
    expect(() => decode(decoder as never)).toThrow(TypeError);
    expect(() => decode(decoder as never)).toThrow('must be a Decoder or a generator function');
  });

  describe('lets a stream switch its codec without losing bytes', () => {
    const header = 'HELLO\r\n';
    const input = Buffer.concat([
      bytes(header),
      Buffer.from([0, 2, 104, 105, 0, 0]),
      bytes('{"a":1}\n'),
      bytes('ab'),
      bytes('rest'),
    ]);
    const cuts = [...cutsOf(input, 30)];

    it('with concat', () => {
      for (const cut of cuts) {
        const { reader, push, end } = handFed();
        const { seen } = withInput(
          concat(
            reader.pipe(lines(), take(1)),
            reader.pipe(
              decode(lengthPrefixed({ bytes: 2 })),
              take(2),
              map((frame) => `[${frame}]`),
            ),
            reader.pipe(
              decode(ndjson<{ a: number }>()),
              take(1),
              map(({ a }) => `a=${a}`),
            ),
            reader.pipe(decode(fixedSize(2)), take(1)),
            reader,
          ),
          () => {
            push(...cut);
            end();
          },
        );
        expect([...seen.slice(0, 5), seen.slice(5, -1).join('')]).toEqual(['HELLO', '[hi]', '[]', 'a=1', 'ab', 'rest']);
      }
    });

    it('with switchMap, as a frame says', () => {
      for (const cut of cuts) {
        const { reader, push, end } = handFed();
        const { seen } = withInput(
          reader.pipe(
            lines(),
            take(1),
            switchMap((line) =>
              line === 'HELLO' ? reader.pipe(decode(lengthPrefixed({ bytes: 2 })), take(2)) : EMPTY,
            ),
          ),
          () => {
            push(...cut);
            end();
          },
        );
        expect(seen).toEqual(['hi', '', '|']);
        expect(reader.peek(99).toString()).toBe('{"a":1}\nabrest');
      }
    });

    it('with one firstValueFrom after the other', async () => {
      for (const cut of cuts.slice(0, 40)) {
        const { reader, push, end } = handFed();
        const session = (async () => [
          `${await firstValueFrom(reader.pipe(readLine()))}`,
          `${await firstValueFrom(reader.pipe(decode(lengthPrefixed({ bytes: 2 }))))}`,
          `${await firstValueFrom(reader.pipe(decode(lengthPrefixed({ bytes: 2 }))))}`,
          await firstValueFrom(reader.pipe(decode(ndjson()))),
          await firstValueFrom(
            reader.pipe(
              decode(function* (read) {
                return `${yield* read.exactly(2)}`;
              }),
            ),
          ),
          `${await firstValueFrom(reader.pipe(readExactly(1)))}`,
          `${await firstValueFrom(reader.pipe(decode(delimited('st'))))}`,
        ])();
        for (const chunk of cut) {
          push(chunk);
          await Promise.resolve();
        }
        end();
        expect(await session).toEqual([header, 'hi', '', { a: 1 }, 'ab', 'r', 'e']);
      }
    });
  });

  it('has the types of the decoder', () => {
    const payloads = decode(lengthPrefixed({ bytes: 4 }));
    const values = decode(ndjson());
    const ids = decode(ndjson<{ id: number }>());
    const ofDecoder = decode(byHand);
    const ofGenerator = decode(asGenerator);
    const sizes = decode(function* (read) {
      const bytes: Buffer = yield* read.exactly(4);
      const line: string = yield* read.line();
      const nothing: undefined = yield* read.skip(1);
      const part: Buffer = yield* read.until(['\n', Buffer.from(';')], { limit: 9 });
      const ahead: Buffer = yield* read.peek(2);
      return bytes.length + line.length + part.length + ahead.length + (nothing ?? 0);
    });
    // Skipped frames are not emitted; null is.
    const lineOrNull = decode(function* (read) {
      const line = yield* read.line();
      return line === '' ? undefined : line === 'null' ? null : line;
    });
    const kinds = decode(function* (read) {
      const text = yield* asGenerator(read);
      if (text === '') return { kind: 'bytes' as const, size: (yield* read.exactly(1)).readUInt8() };
      return { kind: 'text' as const, text };
    });
    is<Same<typeof payloads, OperatorFunction<Uint8Array, Buffer>>>();
    is<Same<typeof values, OperatorFunction<Uint8Array, unknown>>>();
    is<Same<typeof ids, OperatorFunction<Uint8Array, { id: number }>>>();
    is<Same<typeof ofDecoder, OperatorFunction<Uint8Array, string>>>();
    is<Same<typeof ofGenerator, OperatorFunction<Uint8Array, string>>>();
    is<Same<typeof sizes, OperatorFunction<Uint8Array, number>>>();
    is<Same<typeof lineOrNull, OperatorFunction<Uint8Array, string | null>>>();
    type Kind = { kind: 'text'; text: string; size?: never } | { kind: 'bytes'; size: number; text?: never };
    is<typeof kinds extends OperatorFunction<Uint8Array, Kind | { kind: 'text' | 'bytes' }> ? true : false>();
    // @ts-expect-error It is not a number.
    is<Same<typeof ofGenerator, OperatorFunction<Uint8Array, number>>>();
    // @ts-expect-error A step must be delegated to with yield*.
    decode(function* (read) {
      return (yield read.exactly(4)) as unknown as string;
    });
    decode(function* (read) {
      // @ts-expect-error A line is not a Buffer.
      const line: Buffer = yield* read.line();
      return line;
    });
    // @ts-expect-error Strings are not bytes.
    of('text').pipe(decode(byHand));
    const codec: Codec<Buffer, Uint8Array> = lengthPrefixed({ bytes: 4 });
    expect(typeof codec.encode).toBe('function');
  });
});

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<_ extends true>(): void {}

/** Subscribes, then feeds the input. */
function withInput(source: Observable<Uint8Array | string>, input: () => void) {
  const recording = record(defer(() => source));
  input();
  return recording;
}

function incomplete(partial: string): IncompleteReadError {
  return new IncompleteReadError(bytes(partial), null);
}

describe('decode: a generator that waits when its read ends', () => {
  let events: string[] = [];
  let emit: jest.SpyInstance;
  beforeEach(() => {
    events = [];
    emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });
  afterEach(() => {
    expect(emit).not.toHaveBeenCalled();
    emit.mockRestore();
  });

  /** Four bytes, in two reads; records when it begins and when its `finally` runs. */
  function* guarded(read: FrameReader) {
    events.push('begin');
    try {
      return `${yield* read.exactly(2)}${yield* read.exactly(2)}`;
    } finally {
      events.push('finally');
    }
  }

  function raise(): never {
    throw new Error('thrown in finally');
  }

  /** Records `events`, with the notifications of the subscription among them. */
  function follow(source: Observable<string>) {
    return source.subscribe({
      next: (frame) => events.push(frame),
      error: (error: Error) => events.push(`# ${error.name}`),
      complete: () => events.push('|'),
    });
  }

  it('runs its finally when the read is unsubscribed, and the bytes stay', () => {
    const { reader, push } = handFed();
    const reading = follow(reader.pipe(decode(guarded)));
    push('abcdef');
    expect(events).toEqual(['begin', 'finally', 'abcd', 'begin']);
    reading.unsubscribe();
    expect(events).toEqual(['begin', 'finally', 'abcd', 'begin', 'finally']);
    expect(`${reader.peek(9)}`).toBe('ef');
  });

  it.each<[string, (fed: ReturnType<typeof handFed>) => void, string]>([
    ['the stream ends inside the frame', ({ end }) => end(), '# IncompleteReadError'],
    ['the stream breaks', ({ fail }) => fail(new Error('broken')), '# Error'],
  ])('runs its finally before the error when %s', (_, finish, error) => {
    const fed = handFed();
    follow(fed.reader.pipe(decode(guarded)));
    fed.push('abc');
    finish(fed);
    expect(events).toEqual(['begin', 'finally', error]);
  });

  it('runs its finally before retry begins the next read', () => {
    const { reader, push, fail } = handFed();
    follow(reader.pipe(decode(guarded), retry(1)));
    push('abc');
    fail(new Error('broken'));
    expect(events).toEqual(['begin', 'finally', 'begin', 'finally', '# Error']);
  });

  it('runs its finally where all of it happens inside subscribe', () => {
    follow(of(bytes('abc')).pipe(decode(guarded)));
    expect(events).toEqual(['begin', 'finally', '# IncompleteReadError']);
  });

  it('runs its finally when the read of another Observable is unsubscribed', () => {
    const source = new Subject<Uint8Array>();
    const reading = follow(source.pipe(decode(guarded)));
    source.next(bytes('abc'));
    reading.unsubscribe();
    expect(events).toEqual(['begin', 'finally']);
  });

  it('runs its finally when the frame exceeds maxLength while it waits', () => {
    const { reader, push } = handFed();
    function* endless(read: FrameReader) {
      try {
        return `${yield* read.until(';')}`;
      } finally {
        events.push('finally');
      }
    }
    follow(reader.pipe(decode(endless, { maxLength: 4 })));
    push('abc', 'de');
    expect(events).toEqual(['finally', '# LimitOverrunError']);
  });

  it('runs its finally when the bytes of the frame are discarded, as by a TLS handshake', () => {
    const { reader, push } = handFed();
    follow(reader.pipe(decode(guarded)));
    push('abc');
    reader.input.seize(() => {});
    push('1234');
    expect(events).toEqual(['begin', 'finally', 'begin', 'finally', '1234']);
  });

  it('runs its finally when it ends its own read and then waits', () => {
    const { reader, push } = handFed();
    const reading = follow(
      reader.pipe(
        decode(function* (read) {
          try {
            yield* read.exactly(1);
            reading.unsubscribe();
            return `${yield* read.exactly(9)}`;
          } finally {
            events.push('finally');
          }
        }),
      ),
    );
    push('abc');
    expect(events).toEqual(['finally']);
    expect(reader.bufferedAmount).toBe(3);
  });

  it('runs the finally of the generators that it calls, innermost first', () => {
    const { reader, push } = handFed();
    const reading = follow(
      reader.pipe(
        decode(function* (read) {
          try {
            return yield* guarded(read);
          } finally {
            events.push('outer finally');
          }
        }),
      ),
    );
    push('abc');
    reading.unsubscribe();
    expect(events).toEqual(['begin', 'finally', 'outer finally']);
  });

  it.each<[string, (read: FrameReader) => Iterable<undefined>, string]>([
    ['throws', () => raise(), 'Error: thrown in finally'],
    [
      'reads on',
      (read) => read.exactly(9) as Iterable<undefined>,
      'TypeError: Cannot end the decoder: its generator reads on in a finally, after its read has ended',
    ],
  ])('causes one warning per function, where its finally %s', (_, atEnd, warning) => {
    function* bad(read: FrameReader) {
      try {
        return `${yield* read.exactly(9)}`;
      } finally {
        yield* atEnd(read);
      }
    }
    for (let i = 0; i < 2; i++) {
      const { reader, push, end } = handFed();
      const reading = follow(reader.pipe(decode(bad)));
      push('abc');
      reading.unsubscribe();
      follow(reader.pipe(decode(bad)));
      end();
    }
    expect(events).toEqual(['# IncompleteReadError', '# IncompleteReadError']);
    expect(emit.mock.calls).toEqual([[expect.stringContaining(warning), 'DecoderWarning']]);
    emit.mockClear();
  });
});
