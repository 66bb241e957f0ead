// Proves which readers an operator holds that was told which.
import { Subject } from 'rxjs';
import { StreamReader } from '../../src';
import { toLoops } from '../../src/flow/toLoops';

describe('toLoops', () => {
  const [one, other] = [StreamReader.from([]), StreamReader.from([])];

  it('tells the loops of one reader, of several and of none', () => {
    expect(toLoops({ source: one })).toEqual([one.input]);
    expect(toLoops({ source: [one, other] })).toEqual([one.input, other.input]);
    expect(toLoops({ source: [] })).toEqual([]);
  });

  it('tells nothing where nothing was given', () => {
    expect(toLoops({})).toBeUndefined();
    expect(toLoops({ source: undefined })).toBeUndefined();
  });

  it.each([null, 'reader', 1, {}, new Subject(), [new Subject()], [undefined], new Set([one])])(
    'refuses %p',
    (source) => {
      expect(() => toLoops({ source: source as never })).toThrow(TypeError);
    },
  );
});
