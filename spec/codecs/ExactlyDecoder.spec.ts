// Proves that blocks have exactly their size, whatever the limit is, and that an unfinished one is handed over in its error.
import { ExactlyDecoder } from '../../src/codecs/readDecoders';
import { IncompleteReadError } from '../../src/errors';
import { bytes, cutsOf } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

describe('ExactlyDecoder', () => {
  // Size, input, blocks.
  it.each([
    [1, 'abc', ['a', 'b', 'c']],
    [3, 'abcdef', ['abc', 'def']],
    [6, 'ab\n\0ef', ['ab\n\0ef']],
    [3, '', []],
  ])('cuts blocks of %i out of %j for every way of cutting', (size, input, frames) => {
    for (const cut of cutsOf(bytes(input))) {
      expect(decodeAll(new ExactlyDecoder(size), cut, 2)).toEqual({ frames, errors: [], rest: '' });
    }
  });

  it('refuses an end inside a block, and consumes what there was', () => {
    for (const cut of cutsOf(bytes('abcde'))) {
      const { frames, errors, rest } = decodeAll(new ExactlyDecoder(3), cut);
      expect({ frames, rest }).toEqual({ frames: ['abc'], rest: '' });
      expect(errors).toEqual([new IncompleteReadError(bytes('de'), 3)]);
      expect(errors[0]).toMatchObject({ partial: bytes('de'), expected: 3 });
    }
  });
});
