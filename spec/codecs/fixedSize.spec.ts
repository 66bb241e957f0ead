// Proves that records of one size come out of any cut, and that others are refused.

import { verifyDecoder } from 'rxjs-tcp/testing';
import { fixedSize, InvalidFrameError } from '../../src';
import { bytes } from '../support/cuts';

describe('fixedSize', () => {
  it.each([1, 2, 3, 16])('cuts and encodes records of %i bytes', (size) => {
    const records = Array.from({ length: 3 }, (_, i) => bytes(String(i).repeat(size)));
    verifyDecoder(
      fixedSize(size),
      records.map((record) => [record, record]),
    );
  });

  it('throws for a record of another size', () => {
    const codec = fixedSize(3);
    expect(() => codec.encode(bytes('ab'))).toThrow(new InvalidFrameError('it has 2 bytes instead of 3', 2, 'encode'));
    expect(() => codec.encode(bytes('abcd'))).toThrow(
      new InvalidFrameError('it has 4 bytes instead of 3', 3, 'encode'),
    );
  });

  it.each([
    [0, RangeError],
    [-1, RangeError],
    [1.5, RangeError],
    [Number.NaN, RangeError],
    [Number.POSITIVE_INFINITY, RangeError],
    ['4', TypeError],
    [undefined, TypeError],
  ])('throws for a size of %p', (size, type) => {
    expect(() => fixedSize(size as number)).toThrow(type);
    expect(() => fixedSize(size as number)).toThrow(`Cannot use ${size} as size`);
  });
});
