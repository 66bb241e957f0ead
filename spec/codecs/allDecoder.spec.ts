// Proves that everything is one frame, at the end and not before, up to a limit.
import { allDecoder } from '../../src/codecs/readDecoders';
import { LimitOverrunError } from '../../src/errors';
import { bytes, cutsOf } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

describe('allDecoder', () => {
  it('takes everything at the end, for every way of cutting', () => {
    for (const cut of cutsOf(bytes('abc\n\0def'))) {
      expect(decodeAll(allDecoder(8), cut)).toEqual({ frames: ['abc\n\0def'], errors: [], rest: '' });
    }
  });

  it('refuses one byte more than its limit, and leaves the bytes', () => {
    expect(decodeAll(allDecoder(3), [bytes('ab'), bytes('cd')])).toEqual({
      frames: [],
      errors: [new LimitOverrunError(3, 4)],
      rest: 'abcd',
    });
  });
});
