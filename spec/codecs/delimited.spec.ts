// Proves that records come out of any cut, with and without their separator, that a record over the limit is an error
// or is skipped for any cut, and that no record is encoded that would decode differently.
import * as fc from 'fast-check';
import { verifyDecoder } from 'rxjs-tcp/testing';
import {
  type DelimitedOptions,
  decode,
  delimited,
  InvalidFrameError,
  LimitOverrunError,
  type Separator,
} from '../../src';
import { bytes, cutAt, cutsOf } from '../support/cuts';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { runs } from '../support/runs';
import { thrownBy } from '../support/thrownBy';

/** The records that a reader emits for chunks, and the calls of onOverrun. */
function read(
  separator: Separator,
  options: DelimitedOptions,
  chunks: Buffer[],
): { seen: string[]; overrun: unknown[] } {
  const overrun: unknown[] = [];
  const onOverrun = options.onOverrun && ((error: LimitOverrunError) => overrun.push(error.limit));
  const { reader, push, end } = handFed();
  const { seen } = record(reader.pipe(decode(delimited(separator, { ...options, onOverrun }))));
  push(...chunks);
  end();
  return { seen, overrun };
}

describe('delimited', () => {
  // Separators, and the records of an input: the stripped part follows the bar.
  it.each<[Separator, string[]]>([
    ['\n', ['a|\n', '|\n', 'b\r|\n']],
    [Buffer.from([0]), ['a|\0', '|\0']],
    ['--', ['a-b|--', '|--', 'c|--']],
    ['\r\n', ['a\r|\r\n', '\n|\r\n', '|\r\n']],
    [
      ['\n', '\0'],
      ['a|\n', 'b|\0', '|\n'],
    ],
    // The longest of the separators that end together is stripped.
    [
      ['\n', '\r\n'],
      ['a|\r\n', 'b|\n', '|\r\n', '\r|\r\n'],
    ],
    [
      ['\r\n', '\n'],
      ['a|\r\n', 'b|\n'],
    ],
    // The match that ends first counts.
    [
      ['abcd', 'c'],
      ['ab|c', 'd|c'],
    ],
    ['äö', ['ü|äö', '|äö']],
  ])('decodes %j: %j', (separator, records) => {
    const whole = records.map((text): [Buffer, Buffer] => {
      const [, content = '', stripped = ''] = /^([^|]*)\|(.*)$/s.exec(text) ?? [];
      return [bytes(content + stripped), bytes(content)];
    });
    verifyDecoder({ decode: delimited(separator).decode }, whole);
    verifyDecoder(
      { decode: delimited(separator, { strip: false }).decode },
      whole.map(([frame]) => [frame, frame]),
    );
  });

  it('encodes with the first separator, and keeps the existing one with `strip: false`', () => {
    verifyDecoder(delimited(['\0', '\n']), [
      ['a\0', bytes('a')],
      ['\0', bytes('')],
    ]);
    verifyDecoder(delimited(['\0', '\n'], { strip: false }), [
      ['a\0', bytes('a\0')],
      ['b\n', bytes('b\n')],
    ]);
  });

  it('decodes what it encoded, or refuses to encode it, for any separators, records and cuts', () => {
    const word = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength, maxLength });
    const separators = fc.array(word(1, 3), { minLength: 1, maxLength: 3 });
    let refused = 0;
    fc.assert(
      fc.property(separators, fc.array(word(0, 6), { maxLength: 4 }), fc.boolean(), (list, records, strip) => {
        const codec = delimited(list, { strip });
        const pairs: [Buffer, Buffer][] = [];
        for (const text of records) {
          try {
            pairs.push([bytes(codec.encode(bytes(text)).toString()), bytes(text)]);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidFrameError);
            refused++;
          }
        }
        if (pairs.length > 0) verifyDecoder(codec, pairs, { cuts: 2 });
      }),
      { seed: 4, numRuns: 100 },
    );
    expect(refused).toBeGreaterThan(20);
  });

  describe('encode() throws', () => {
    const inside = (offset: number) => new InvalidFrameError('it contains a separator', offset, 'encode');
    const none = (offset: number) => new InvalidFrameError('it does not end with a separator', offset, 'encode');
    it.each<[Separator, DelimitedOptions, string, Error]>([
      ['\n', {}, 'a\nb', inside(1)],
      [['\n', '\0'], {}, 'a\0b', inside(1)],
      // The separator would begin in the record.
      ['aa', {}, 'xa', inside(1)],
      // It would be stripped with a byte of the record.
      [['\n', '\r\n'], {}, 'a\r', inside(1)],
      [['b', 'ab'], {}, 'a', inside(0)],
      ['\n', { strip: false }, 'a', none(1)],
      ['\n', { strip: false }, '', none(0)],
      ['\n', { strip: false }, 'a\nb\n', inside(1)],
      ['\n', { limit: 2 }, 'abc', new LimitOverrunError(2, 3)],
      ['\n', { limit: 2, strip: false }, 'abc\n', new LimitOverrunError(2, 3)],
    ])('with %j for %j: %j', (separator, options, content, error) => {
      expect(thrownBy(() => delimited(separator, options).encode(bytes(content)))).toEqual(error);
    });
  });

  describe('at the limit', () => {
    it('errors and leaves the bytes', () => {
      for (const cut of cutsOf(bytes('ab\nabc\nx\n'))) {
        const { reader, push, end } = handFed();
        const codec = delimited('\n', { limit: 2 });
        const first = record(reader.pipe(decode(codec)));
        push(...cut);
        end();
        expect(first.seen).toEqual(['ab', '# LimitOverrunError']);
        expect(first.error).toMatchObject({ limit: 2, consumed: 3 });
        expect(reader.peek(9).toString()).toBe('abc\nx\n');
        expect(record(reader.pipe(decode(delimited('\n')))).seen).toEqual(['abc', 'x', '|']);
      }
    });

    it('uses the limit of the reader by default', () => {
      const { reader, push } = handFed(2);
      const { seen } = record(reader.pipe(decode(delimited('\n'))));
      push('ab\nabc');
      expect(seen).toEqual(['ab', '# LimitOverrunError']);
    });

    // Separators, an input with records that are too long, the output, and the number of skipped records.
    it.each<[Separator, string, string[], number]>([
      ['\n', 'a\nlong\nb\n', ['a', 'b', '|'], 1],
      ['\n', 'long\nlonger\nb\n', ['b', '|'], 2],
      ['\n', 'ab\nlong', ['ab', '|'], 1],
      ['\r\n', 'long\r\r\nb\r\n', ['b', '|'], 1],
      ['\r\n', 'long\rer\n\r\nb\r\n', ['b', '|'], 1],
      ['abab', 'xxxababababxabab', ['', 'x', '|'], 1],
      [['\n', '\0', '--'], 'long\0ab--long-\nab\nlong--b\0', ['ab', 'ab', 'b', '|'], 3],
      [['\n', '\r\n'], 'long\r\nb\r\nc\n', ['b', 'c', '|'], 1],
    ])('%j: skips the records in %j that are too long, for every cut', (separator, input, seen, times) => {
      for (const cut of cutsOf(bytes(input), 200)) {
        const result = read(separator, { limit: 2, onOverrun: () => {} }, cut);
        expect(result).toEqual({ seen, overrun: Array(times).fill(2) });
      }
    });

    it('gives the same result for any separators, input and cuts', () => {
      const text = (minLength: number, maxLength: number) =>
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength, maxLength });
      fc.assert(
        fc.property(
          fc.array(text(1, 3), { minLength: 1, maxLength: 3 }),
          text(0, 40),
          fc.array(fc.nat(40), { maxLength: 6 }),
          (separators, input, places) => {
            const expected = { seen: [] as string[], long: 0 };
            let start = 0;
            for (let end = 1; end <= input.length; end++) {
              const ending = separators.filter((one) => input.slice(start, end).endsWith(one));
              if (ending.length === 0) continue;
              const [shortest, longest] = [Math.min, Math.max].map((pick) => pick(...ending.map((one) => one.length)));
              // The limit counts the bytes before the shortest separator, and the bytes before the longest come out.
              if (end - start - shortest! > 3) expected.long++;
              else expected.seen.push(input.slice(start, end - longest!));
              start = end;
            }
            const rest = input.slice(start);
            const widest = Math.max(...separators.map((one) => one.length));
            if (rest.length - widest + 1 > 3) expected.long++;
            else if (rest !== '') expected.seen.push('# IncompleteReadError');
            if (expected.seen.at(-1) !== '# IncompleteReadError') expected.seen.push('|');
            const at = places.map((place) => Math.min(place, input.length)).sort((a, b) => a - b);
            const result = read(separators, { limit: 3, onOverrun: () => {} }, cutAt(bytes(input), at));
            expect({ seen: result.seen, long: result.overrun.length }).toEqual(expected);
          },
        ),
        { seed: 4, numRuns: runs(250, 1000) },
      );
    });

    it('reads nothing more when the read is cancelled inside onOverrun', () => {
      const { reader, push } = handFed();
      const seen: string[] = [];
      const onOverrun = () => subscription.unsubscribe();
      const subscription = reader
        .pipe(decode(delimited('\n', { limit: 2, onOverrun })))
        .subscribe((frame) => seen.push(`${frame}`));
      push('a\nlong\nb\nc\n');
      expect(seen).toEqual(['a']);
      expect(reader.peek(9).toString()).toBe('b\nc\n');
    });

    it('delivers nothing more while the reader is held inside onOverrun', () => {
      const { reader, push } = handFed();
      let release = () => {};
      const onOverrun = () => {
        release = reader.pause();
      };
      const { seen } = record(reader.pipe(decode(delimited('\n', { limit: 2, onOverrun }))));
      push('long\nb\n');
      expect(seen).toEqual([]);
      release();
      expect(seen).toEqual(['b']);
    });

    it('passes on an error that onOverrun throws, after the long record is skipped', () => {
      const { reader, push } = handFed();
      const onOverrun = () => {
        throw new Error('too much');
      };
      const { seen } = record(reader.pipe(decode(delimited('\n', { limit: 2, onOverrun }))));
      push('long\nb\n');
      expect(seen).toEqual(['# too much']);
      expect(reader.peek(9).toString()).toBe('b\n');
    });
  });

  it.each<[unknown, unknown, new (message: string) => Error]>([
    ['', {}, RangeError],
    [[], {}, RangeError],
    [['\n', ''], {}, RangeError],
    [10, {}, TypeError],
    [undefined, {}, TypeError],
    ['\n', { limit: 0 }, RangeError],
    ['\n', { limit: '9' }, TypeError],
  ])('throws for the arguments %j, %j', (separator, options, type) => {
    expect(() => delimited(separator as string, options as DelimitedOptions)).toThrow(type);
  });
});
