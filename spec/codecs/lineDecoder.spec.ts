// Proves that lines end at "\n" and nowhere else, for every way of cutting, and that one over the limit is dropped whole.
import { lineDecoder } from '../../src/codecs/readDecoders';
import { LimitOverrunError } from '../../src/errors';
import { bytes, cutsOf } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

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
  ])('cuts %j', (input, frames) => {
    for (const cut of cutsOf(bytes(input, 'latin1'))) {
      expect(decodeAll(lineDecoder(), cut)).toEqual({ frames, errors: [], rest: '' });
    }
  });

  it('takes a line of exactly its limit, and drops a longer one through its end', () => {
    for (const cut of cutsOf(bytes('abc\nabcd\nabc\nabcde\n\nlonger at the end'))) {
      const { frames, errors, rest } = decodeAll(lineDecoder(3), cut);
      expect({ frames, rest }).toEqual({ frames: ['abc\n', 'abc\n', '\n'], rest: '' });
      expect(errors).toHaveLength(3);
      for (const error of errors) expect(error).toBeInstanceOf(LimitOverrunError);
    }
  });

  it('says how long the line is so far, as soon as it is too long', () => {
    expect(decodeAll(lineDecoder(3), [bytes('ab'), bytes('cde'), bytes('f\n')]).errors).toEqual([
      new LimitOverrunError(3, 5),
    ]);
  });

  it('goes by the limit of the buffer, if it has none of its own', () => {
    expect(decodeAll(lineDecoder(), [bytes('abcd\nab\n')], 3)).toEqual({
      frames: ['ab\n'],
      errors: [new LimitOverrunError(3, 4)],
      rest: '',
    });
  });
});
