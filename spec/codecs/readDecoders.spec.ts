// Proves the decoders of the reads: each finds its frames for any cut of the chunks.
import * as fc from 'fast-check';
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { Needle } from '../../src/bytes/Needle';
import {
  allDecoder,
  ExactlyDecoder,
  lineDecoder,
  someDecoder,
  untilDecoder,
  upToDecoder,
} from '../../src/codecs/readDecoders';
import { IncompleteReadError, LimitOverrunError } from '../../src/errors';
import { bytes, cutAt, cutsOf } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

// Proves that chunks come out as they went in, cut to a size and never joined, without a copy.
describe('someDecoder', () => {
  it.each([
    [undefined, ['abcde', '', 'fg'], ['abcde', 'fg']],
    [2, ['abcde', '', 'fg', 'h'], ['ab', 'cd', 'e', 'fg', 'h']],
    [9, ['abcde', 'fg'], ['abcde', 'fg']],
  ])('returns chunks of at most %p bytes', (max, chunks, frames) => {
    expect(
      decodeAll(
        someDecoder(max),
        chunks.map((chunk) => bytes(chunk)),
      ),
    ).toEqual({ frames, errors: [], rest: '' });
  });

  it('neither joins nor copies buffered chunks', () => {
    const buffer = new ByteBuffer();
    const chunks = [bytes('ab'), bytes('cd')];
    for (const chunk of chunks) buffer.append(chunk);
    for (const chunk of chunks) expect(someDecoder().decode(buffer, false)?.buffer).toBe(chunk.buffer);
    expect(someDecoder().decode(buffer, false)).toBeUndefined();
    expect(someDecoder().decode(buffer, true)).toBeUndefined();
  });
});

// Proves that the buffered bytes come out joined, up to a size.
describe('upToDecoder', () => {
  it('takes at most its size of the buffered bytes, for every way of cutting', () => {
    for (const cut of cutsOf(bytes('abcdefg'))) {
      const buffer = new ByteBuffer();
      for (const chunk of cut) buffer.append(chunk);
      const frames = [0, 1, 2].map(() => upToDecoder(3).decode(buffer, false));
      expect(frames.map(String)).toEqual(['abc', 'def', 'g']);
      expect(upToDecoder(3).decode(buffer, true)).toBeUndefined();
    }
  });
});

// Proves that everything is one frame, at the end and not before, up to a limit.
describe('allDecoder', () => {
  it('returns everything at the end, for every way of cutting', () => {
    for (const cut of cutsOf(bytes('abc\n\0def'))) {
      expect(decodeAll(allDecoder(8), cut)).toEqual({ frames: ['abc\n\0def'], errors: [], rest: '' });
    }
  });

  it('errors for one byte more than its limit, and leaves the bytes', () => {
    expect(decodeAll(allDecoder(3), [bytes('ab'), bytes('cd')])).toEqual({
      frames: [],
      errors: [new LimitOverrunError(3, 4)],
      rest: 'abcd',
    });
  });
});

// Proves that lines end at "\n" only, for every way of cutting, and that a line over the limit is dropped completely.
describe('lineDecoder', () => {
  // Awkward inputs, and their lines.
  it.each([
    ['', []],
    ['\n', ['\n']],
    ['\n\n\n', ['\n', '\n', '\n']],
    ['a', ['a']],
    ['a\n', ['a\n']],
    ['a\nb', ['a\n', 'b']],
    ['a\r\nb\rc\n', ['a\r\n', 'b\rc\n']],
    ['\r\n\n\r', ['\r\n', '\n', '\r']],
    ['\0\x0b\x0c\x85\n', ['\0\x0b\x0c\x85\n']],
  ])('cuts %j into lines', (input, frames) => {
    for (const cut of cutsOf(bytes(input, 'latin1'))) {
      expect(decodeAll(lineDecoder(), cut)).toEqual({ frames, errors: [], rest: '' });
    }
  });

  it('accepts a line of exactly its limit, and drops a longer one through its end', () => {
    for (const cut of cutsOf(bytes('abc\nabcd\nabc\nabcde\n\nlonger at the end'))) {
      const { frames, errors, rest } = decodeAll(lineDecoder(3), cut);
      expect({ frames, rest }).toEqual({ frames: ['abc\n', 'abc\n', '\n'], rest: '' });
      expect(errors).toHaveLength(3);
      for (const error of errors) expect(error).toBeInstanceOf(LimitOverrunError);
    }
  });

  it('reports the length so far as soon as a line is too long', () => {
    expect(decodeAll(lineDecoder(3), [bytes('ab'), bytes('cde'), bytes('f\n')]).errors).toEqual([
      new LimitOverrunError(3, 5),
    ]);
  });

  it('uses the limit of the buffer by default', () => {
    expect(decodeAll(lineDecoder(), [bytes('abcd\nab\n')], 3)).toEqual({
      frames: ['ab\n'],
      errors: [new LimitOverrunError(3, 4)],
      rest: '',
    });
  });
});

// Proves that blocks have exactly their size, for any limit, and that an unfinished one is in its error.
describe('ExactlyDecoder', () => {
  // Size, input, blocks.
  it.each([
    [1, 'abc', ['a', 'b', 'c']],
    [3, 'abcdef', ['abc', 'def']],
    [6, 'ab\n\0ef', ['ab\n\0ef']],
    [3, '', []],
  ])('cuts blocks of %i bytes out of %j for every way of cutting', (size, input, frames) => {
    for (const cut of cutsOf(bytes(input))) {
      expect(decodeAll(new ExactlyDecoder(size), cut, 2)).toEqual({ frames, errors: [], rest: '' });
    }
  });

  it('errors at an end inside a block, and consumes the partial block', () => {
    for (const cut of cutsOf(bytes('abcde'))) {
      const { frames, errors, rest } = decodeAll(new ExactlyDecoder(3), cut);
      expect({ frames, rest }).toEqual({ frames: ['abc'], rest: '' });
      expect(errors).toEqual([new IncompleteReadError(bytes('de'), 3)]);
      expect(errors[0]).toMatchObject({ partial: bytes('de'), expected: 3 });
    }
  });
});

// Proves that records end at the match that ends first, against a plain search from every position, and that a record
// over the limit is reported as soon as it is certain, and left in the buffer.
const until = (separators: string[], limit?: number) => untilDecoder(Needle.list(separators), limit);

describe('untilDecoder', () => {
  // Separators, awkward inputs, records, and the rest without a separator.
  it.each([
    [['\n'], '\n\na', ['\n', '\n'], 'a'],
    [['\r\n'], '\r\r\n\n\r', ['\r\r\n'], '\n\r'],
    [['aa'], 'aaaaa', ['aa', 'aa'], 'a'],
    [['aba'], 'ababa', ['aba'], 'ba'],
    [['\n', '\r\n'], 'a\r\n\n', ['a\r\n', '\n'], ''],
    [['abcd', 'c'], 'abcd', ['abc'], 'd'],
    [['abc', 'b'], 'abc', ['ab'], 'c'],
    [['\0', '--', '-+'], 'a-+b-\0--', ['a-+', 'b-\0', '--'], ''],
  ])('cuts at %j: %j', (separators, input, frames, rest) => {
    for (const cut of cutsOf(bytes(input)))
      expect(decodeAll(until(separators), cut)).toEqual({ frames, errors: [], rest });
  });

  it('agrees with a plain search, for any separators, input and cuts', () => {
    const word = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength });
    fc.assert(
      fc.property(
        fc.array(word(4), { minLength: 1, maxLength: 4 }),
        word(40),
        fc.array(fc.nat(40), { maxLength: 6 }),
        (separators, input, places) => {
          const frames: string[] = [];
          let rest = '';
          for (const letter of input) {
            rest += letter;
            if (!separators.some((separator) => rest.endsWith(separator))) continue;
            frames.push(rest);
            rest = '';
          }
          const cut = cutAt(
            bytes(input),
            places.map((place) => Math.min(place, input.length)).sort((a, b) => a - b),
          );
          expect(decodeAll(until(separators), cut)).toEqual({ frames, errors: [], rest });
        },
      ),
      { seed: 4, numRuns: 1000 },
    );
  });

  describe('at the limit', () => {
    // Separators, limit, input, and the number of bytes at which the error is certain; asyncio's arithmetic.
    it.each([
      [['\n'], 4, 'abcd', undefined],
      [['\n'], 4, 'abcd\n', undefined],
      [['\n'], 4, 'abcde', 5],
      [['\n'], 4, 'abcde\n', 5],
      [['\r\n'], 4, 'abcde', undefined],
      [['\r\n'], 4, 'abcdef', 5],
      [['\r\n'], 4, 'abcd\r\n', undefined],
      [['\n', '\r\n'], 4, 'abcd\r\n', 5],
      [['\n', 'eof'], 4, 'abcdefg', 5],
    ])('%j, limit %i: %j', (separators, limit, input, consumed) => {
      const { errors, rest, frames } = decodeAll(until(separators, limit), [bytes(input)]);
      expect(errors).toEqual(consumed === undefined ? [] : [new LimitOverrunError(limit, consumed)]);
      if (consumed !== undefined) expect(errors[0]).toMatchObject({ limit, consumed });
      expect(frames.join('') + rest).toBe(input);
    });

    it('uses the limit of the buffer by default', () => {
      expect(decodeAll(until(['\n']), [bytes('abcd')], 3).errors).toEqual([new LimitOverrunError(3, 4)]);
    });
  });
});
