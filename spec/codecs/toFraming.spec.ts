// Proves which values cut frames, and which are refused.
import { type FrameReader, fixedSize } from '../../src';
import { toFraming } from '../../src/codecs/toFraming';

function* generator(read: FrameReader) {
  return yield* read.uint(1);
}

describe('toFraming', () => {
  it('gives a decoder back as it is, and makes one for each read of a generator function', () => {
    const decoder = fixedSize(1);
    expect(toFraming(decoder)).toBe(decoder);
    expect(typeof toFraming<number>(generator)).toBe('function');
    expect(typeof toFraming<number>({ decode: generator })).toBe('function');
  });

  it.each([[undefined], [null], [5], [{}], [{ decode: 5 }]])('throws for %p', (value) => {
    expect(() => toFraming(value as never)).toThrow(TypeError);
    expect(() => toFraming(value as never)).toThrow('it must be a Decoder or a generator function');
  });

  it('throws for an invalid maxLength', () => {
    expect(() => toFraming(generator, 0)).toThrow(RangeError);
    expect(() => toFraming(generator, '1' as never)).toThrow(TypeError);
  });
});
