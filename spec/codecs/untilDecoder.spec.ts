// Proves that records end at the match that ends first, against a plain search from every place, and that one over the
// limit is told of as soon as it is certain, and left.
import * as fc from 'fast-check';
import { Needle } from '../../src/bytes/Needle';
import { untilDecoder } from '../../src/codecs/readDecoders';
import { LimitOverrunError } from '../../src/errors';
import { bytes, cutAt, cutsOf } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

const until = (separators: string[], limit?: number) => untilDecoder(Needle.list(separators), limit);

describe('untilDecoder', () => {
  // Separators, awkward inputs, records, and what is left without a separator.
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

  it('agrees with a plain search, for any separators, input and cut', () => {
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
    // Separators, limit, input, and at how many bytes it is certain; asyncio's arithmetic.
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

    it('goes by the limit of the buffer, if it has none of its own', () => {
      expect(decodeAll(until(['\n']), [bytes('abcd')], 3).errors).toEqual([new LimitOverrunError(3, 4)]);
    });
  });
});
