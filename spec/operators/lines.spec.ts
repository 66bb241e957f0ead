// Proves that lines decodes lines of text for any cut of the chunks, that decoding ahead is invisible from outside (the
// position in the bytes is exact after every line), and what is an error.
import * as fc from 'fast-check';
import { concat, from, NEVER, of, retry, take } from 'rxjs';
import { verifyDecoder } from 'rxjs-tcp/testing';
import type { LinesOptions } from '../../src/codecs/textLineRules';
import { InvalidFrameError, LimitOverrunError } from '../../src/errors';
import { lines } from '../../src/operators/lines';
import { readExactly } from '../../src/operators/readExactly';
import { readLine } from '../../src/operators/readLine';
import { StreamReader } from '../../src/reading/StreamReader';
import { bytes, cutAt, cutsOf } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

describe('lines', () => {
  describeReadOperator({
    operator: () => lines({ limit: 6 }),
    chunks: { a: 'één\n', b: 'two\nthree\r\nfo', c: 'ur\r', n: '\n', r: 'rest\r', y: 'seven 7' },
    frames: { A: 'één', B: 'two', C: 'three', D: 'four', N: '', R: 'rest\r' },
    rows: [
      ['stays silent while the source does', '-----', '-----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['emits a line when its "\\n" arrives', 'a-|', 'A-|', '^-!'],
      [
        'emits all lines of a chunk at once, and joins lines and endings across chunks',
        'a-b---cn|',
        'A-(BC)-D|',
        '^-------!',
      ],
      ['emits an empty line', 'n--n|', 'N--N|', '^---!'],
      ['emits the unterminated rest at the end, its "\\r" included', 'ar-|', 'A--(R|)', '^--!'],
      ['passes on an error after the complete lines before it, without the rest', 'ar-#', 'A--#', '^--!'],
      ['passes on an error that comes first', '#', '#', '(^!)'],
      ['errors as soon as a line is over its limit', 'a-y-n-|', 'A-#', '^-!', new LimitOverrunError(6, 7)],
      ['checks the limit before the end', 'y|', '#', '(^!)', new LimitOverrunError(6, 7)],
    ],
    three: ['één\n', '\r\n', 'three\n'],
    emittedAs: ['één', '', 'three'],
  });

  it('never splits a character or an ending, for every way of cutting the input', () => {
    for (const cut of cutsOf(bytes('é\r\n€\n\r\n𝄞'))) {
      expect(record(from(cut).pipe(lines())).seen).toEqual(['é', '€', '', '𝄞', '|']);
    }
  });

  it('removes one "\\r" with the "\\n", and keeps every other one', () => {
    const { seen } = record(of(bytes('a\rb\r\r\n\r\n\rc\n\r')).pipe(lines()));
    expect(seen).toEqual(['a\rb\r', '', '\rc', '\r', '|']);
  });

  it('drops a line over the limit through its end, also with retry, for every cut', () => {
    for (const cut of cutsOf(bytes('ab\nlonger\nc\nlongest\n\nd'))) {
      expect(record(StreamReader.from(cut, { limit: 3 }).pipe(lines(), retry(2))).seen).toEqual([
        'ab',
        'c',
        '',
        'd',
        '|',
      ]);
    }
  });

  describe('decoding ahead', () => {
    // Lines that make long runs and short ones: ASCII, characters of 2 to 4 bytes, invalid bytes, high latin1, both
    // endings.
    const piece = fc.oneof(
      fc
        .constantFrom('a', 'ab', 'line of text', '', '\r', 'é', '€', '𝄞', '\u2028', '\ufffd', '\ufeff')
        .map((t) => Buffer.from(t)),
      fc
        .constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x8a], [0x8d], [0xed, 0xa0, 0x80], [0x80])
        .map((b) => Buffer.from(b)),
    );
    const line = fc
      .tuple(fc.array(piece, { maxLength: 3 }), fc.constantFrom('\n', '\n', '\n', '\r\n'))
      .map(([pieces, end]) => Buffer.concat([...pieces, Buffer.from(end)]));
    const text = fc
      .tuple(fc.array(line, { maxLength: 40 }), fc.array(piece, { maxLength: 1 }))
      .map(([all, rest]) => Buffer.concat([...all, ...rest]));
    const encoding = fc.constantFrom<NonNullable<LinesOptions['encoding']>>('utf8', 'utf-8', 'latin1', 'ascii');
    const cuts = fc.array(fc.nat(400), { maxLength: 6 });

    /** The plain way: cut the bytes at every "\n", then decode each line by itself. */
    function plain(whole: Buffer, encoding: BufferEncoding): { line: string; end: number }[] {
      const all: { line: string; end: number }[] = [];
      for (let at = 0; at < whole.length; ) {
        const newline = whole.indexOf(10, at);
        const end = newline < 0 ? whole.length : newline + 1;
        const stop = newline < 0 ? end : newline - (newline > at && whole[newline - 1] === 13 ? 1 : 0);
        all.push({ line: whole.toString(encoding, at, stop), end });
        at = end;
      }
      return all;
    }

    const sorted = (whole: Buffer, places: number[]) =>
      cutAt(
        whole,
        places.map((place) => Math.min(place, whole.length)).sort((a, b) => a - b),
      );

    it('emits the same lines as decoding one by one', () => {
      fc.assert(
        fc.property(text, encoding, cuts, (whole, encoding, places) => {
          const { seen } = record(from(sorted(whole, places)).pipe(lines({ encoding })));
          expect(seen).toEqual([...plain(whole, encoding).map(({ line }) => line), '|']);
        }),
        { seed: 1, numRuns: 300 },
      );
    });

    it('leaves every other read exactly after the last line', () => {
      const look = fc.constantFrom('bufferedAmount', 'peek', 'readExactly', 'readLine', 'lines again', 'nothing');
      fc.assert(
        fc.property(
          text,
          encoding,
          cuts,
          fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), look), { maxLength: 8 }),
          (whole, encoding, places, steps) => {
            const { reader, push } = handFed();
            push(...sorted(whole, places));
            const operator = lines({ encoding });
            let at = 0;
            for (const [count, look] of steps) {
              const expected = plain(whole.subarray(at), encoding)
                .filter(({ end }) => whole[at + end - 1] === 10)
                .slice(0, count);
              const { seen, subscription } = record(reader.pipe(operator, take(count)));
              subscription.unsubscribe();
              expect(seen.slice(0, expected.length)).toEqual(expected.map(({ line }) => line));
              at += expected.at(-1)?.end ?? 0;
              if (look === 'bufferedAmount') expect(reader.bufferedAmount).toBe(whole.length - at);
              if (look === 'peek') expect(reader.peek(9).equals(whole.subarray(at, at + 9))).toBe(true);
              if (look === 'readExactly' && at < whole.length) {
                let byte: Uint8Array = Buffer.alloc(0);
                reader.pipe(readExactly(1), take(1)).subscribe((one) => (byte = one));
                expect(byte).toEqual(whole.subarray(at, ++at));
              }
              if (look === 'readLine' && whole.indexOf(10, at) >= 0) {
                let next: Uint8Array = Buffer.alloc(0);
                reader.pipe(readLine(), take(1)).subscribe((one) => (next = one));
                expect(Buffer.from(next)).toEqual(whole.subarray(at, whole.indexOf(10, at) + 1));
                at = whole.indexOf(10, at) + 1;
              }
              if (look === 'lines again' && whole.indexOf(10, at) >= 0) {
                const [again] = plain(whole.subarray(at), encoding);
                expect(record(reader.pipe(lines({ encoding }), take(1))).seen).toEqual([again?.line, '|']);
                at += again?.end ?? 0;
              }
            }
            expect(reader.bufferedAmount).toBe(whole.length - at);
            expect(reader.peek(whole.length).equals(whole.subarray(at))).toBe(true);
          },
        ),
        { seed: 2, numRuns: 500 },
      );
    });

    it('stops at once when it is held in the middle of decoded lines', () => {
      const { reader, push } = handFed();
      push('häł\n'.repeat(100));
      expect(record(reader.pipe(lines(), take(50))).seen).toHaveLength(51);
      expect(reader.bufferedAmount).toBe(50 * 6);
      const release = reader.pause();
      const { seen } = record(reader.pipe(lines()));
      expect(seen).toEqual([]);
      release();
      expect(seen).toHaveLength(50);
    });

    it('does not count bytes as read while their text waits', () => {
      const { reader, push, asked } = handFed(64);
      push('hé\n'.repeat(100));
      expect(asked).toEqual(['pause']);
      record(reader.pipe(lines(), take(20)));
      expect(reader.bufferedAmount).toBe(320);
      expect(asked).toEqual(['pause']);
      record(reader.pipe(lines(), take(64)));
      expect(reader.bufferedAmount).toBe(64);
      expect(asked).toEqual(['pause', 'resume']);
    });
  });

  describe("with eol: 'crlf'", () => {
    const strict = () => lines({ eol: 'crlf' });

    it('accepts only "\\r\\n", for every way of cutting the input', () => {
      for (const cut of cutsOf(bytes('a\r\n\r\nbc\r\nd')))
        expect(record(from(cut).pipe(strict())).seen).toEqual(['a', '', 'bc', 'd', '|']);
    });

    // The bytes after three valid lines, the reason, and the offset of the error in the line.
    it.each([
      ['ab\nc\r\n', 'the line has a lone "\\n"', 2],
      ['\nc\r\n', 'the line has a lone "\\n"', 0],
      ['a\rb\r\n', 'the line has a lone "\\r"', 1],
      ['a\r\r\n', 'the line has a lone "\\r"', 1],
      ['\r\r\n', 'the line has a lone "\\r"', 0],
      ['a\rb\nc\r\n', 'the line has a lone "\\r"', 1],
    ])('errors for %j, drops it through its "\\r\\n", and goes on', (bad, reason, offset) => {
      const good = ['one', 'two', 'three', 'four'];
      for (const cut of cutsOf(bytes(`${good.join('\r\n')}\r\n${bad}next\r\n`))) {
        const reader = StreamReader.from(cut);
        const { seen, error } = record(reader.pipe(strict()));
        expect(seen).toEqual([...good, '# InvalidFrameError']);
        expect(error).toEqual(new InvalidFrameError(reason, offset));
        expect(error).toMatchObject({ offset });
        expect(record(reader.pipe(strict())).seen).toEqual(['next', '|']);
      }
    });

    it('errors for a lone "\\r" at the end of the stream', () => {
      expect(record(of(bytes('ab\r')).pipe(strict())).error).toEqual(
        new InvalidFrameError('the line has a lone "\\r"', 2),
      );
    });

    it('applies its limit, which does not count the ending', () => {
      const limited = () => lines({ eol: 'crlf', limit: 3 });
      for (const cut of cutsOf(bytes('abc\r\nabcd\r\nab\r\n'))) {
        const reader = StreamReader.from(cut);
        const first = record(reader.pipe(limited()));
        expect(first.seen).toEqual(['abc', '# LimitOverrunError']);
        expect(first.error).toMatchObject({ limit: 3, consumed: 4 });
        expect(record(reader.pipe(limited())).seen).toEqual(['ab', '|']);
      }
    });
  });

  describe("with eol: 'cr'", () => {
    it('cuts at "\\r" alone, and keeps "\\n" in the line', () => {
      const pairs: [string, string][] = [
        ['one\r', 'one'],
        ['\r', ''],
        ['t\nwo\r', 't\nwo'],
        ['\nthree\r', '\nthree'],
        ['é€\r', 'é€'],
      ];
      verifyDecoder(lines({ eol: 'cr' }), pairs, {
        atEnd: (partial) => ({ frames: partial.length > 0 ? [partial.toString()] : [] }),
      });
    });

    it('drops a line above its limit through its "\\r", and goes on', () => {
      for (const cut of cutsOf(bytes('abc\rab\ncd\rab\r'))) {
        const reader = StreamReader.from(cut);
        const limited = () => reader.pipe(lines({ eol: 'cr', limit: 3 }));
        expect(record(limited()).seen).toEqual(['abc', '# LimitOverrunError']);
        expect(record(limited()).seen).toEqual(['ab', '|']);
      }
    });
  });

  describe('with fatal: true', () => {
    const fatal = () => lines({ fatal: true });

    // The bytes of a line, and the offset at which they stop being UTF-8.
    const table: [string, number[], number][] = [
      ['a byte that starts no character', [0x61, 0xff, 0x62], 1],
      ['a character that is cut off', [0x61, 0xe2, 0x82], 1],
      ['an overlong form', [0xc0, 0xaf], 0],
      ['half a surrogate pair', [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
      ['an invalid byte after a true U+FFFD', [0xef, 0xbf, 0xbd, 0x80], 3],
      ['an invalid byte after characters of many bytes', [...Buffer.from('é€𝄞'), 0xfe], 9],
    ];
    it.each(table)('errors for %s with its offset, and goes on after the line', (_, bad, offset) => {
      const good = 'one\ntwo\nthree\nfour\n';
      for (const cut of cutsOf(Buffer.concat([bytes(good), Buffer.from(bad), bytes('\r\nnext\n')]))) {
        const reader = StreamReader.from(cut);
        const { seen, error } = record(reader.pipe(fatal()));
        expect(seen).toEqual(['one', 'two', 'three', 'four', '# InvalidFrameError']);
        expect(error).toMatchObject({
          offset,
          message: `Cannot decode the frame: the line is not valid UTF-8 at byte ${offset}`,
        });
        expect(record(reader.pipe(fatal())).seen).toEqual(['next', '|']);
      }
    });

    it('accepts all valid UTF-8, also U+FFFD itself', () => {
      expect(record(of(bytes('\ufffd\n\ufffdé\n𝄞\ufffd\n')).pipe(fatal())).seen).toEqual([
        '\ufffd',
        '\ufffdé',
        '𝄞\ufffd',
        '|',
      ]);
    });

    it('errors when the stream ends inside a character', () => {
      expect(record(of(Buffer.from([0x61, 0xe2, 0x82])).pipe(fatal())).error).toMatchObject({ offset: 1 });
    });

    it('rejects nothing in latin1', () => {
      expect(record(of(Buffer.from([0xff, 0x0a])).pipe(lines({ encoding: 'latin1', fatal: true }))).seen).toEqual([
        'ÿ',
        '|',
      ]);
    });
  });

  it('decodes invalid UTF-8 to U+FFFD', () => {
    expect(record(of(Buffer.from([0x61, 0xff, 0x0a, 0xe2, 0x82, 0x0a])).pipe(lines())).seen).toEqual([
      'a\ufffd',
      '\ufffd',
      '|',
    ]);
  });

  it('has a limit of 64 KiB unless a limit is given or the reader has another one', () => {
    const long = Buffer.alloc(65_537, 'a');
    expect(record(concat(of(long), NEVER).pipe(lines())).error).toEqual(new LimitOverrunError(65_536, 65_537));
    expect(record(StreamReader.from([long]).pipe(lines({ limit: 65_537 }))).seen).toHaveLength(2);
    expect(record(StreamReader.from([bytes('abc\n')], { limit: 2 }).pipe(lines())).error).toEqual(
      new LimitOverrunError(2, 3),
    );
  });

  it('throws at the call for invalid options', () => {
    expect(() => lines({ encoding: 'utf16le' as 'utf8' })).toThrow(TypeError);
    expect(() => lines({ eol: '\r' as 'cr' })).toThrow("Cannot end lines at \r: eol must be 'lf', 'crlf' or 'cr'");
    expect(() => lines({ limit: 0 })).toThrow(RangeError);
  });
});
