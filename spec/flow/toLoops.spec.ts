// Proves which readers an operator holds for each value of `source`.
import { Subject } from 'rxjs';
import { StreamReader } from '../../src';
import { toLoops } from '../../src/flow/toLoops';

describe('toLoops', () => {
  const [one, other] = [StreamReader.from([]), StreamReader.from([])];

  it('returns the loops of one reader, of several and of none', () => {
    expect(toLoops({ source: one })).toEqual([one.input]);
    expect(toLoops({ source: [one, other] })).toEqual([one.input, other.input]);
    expect(toLoops({ source: [] })).toEqual([]);
  });

  it('returns undefined for undefined', () => {
    expect(toLoops({})).toBeUndefined();
    expect(toLoops({ source: undefined })).toBeUndefined();
  });

  it.each([null, 'reader', 1, {}, new Subject(), [new Subject()], [undefined], new Set([one])])(
    'throws for %p',
    (source) => {
      expect(() => toLoops({ source: source as never })).toThrow(TypeError);
    },
  );
});
