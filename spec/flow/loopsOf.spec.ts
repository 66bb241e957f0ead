// Proves which readers an operator holds that was told which.
import { Subject } from 'rxjs';
import { StreamReader } from '../../src';
import { loopsOf } from '../../src/flow/loopsOf';

describe('loopsOf', () => {
  const [one, other] = [StreamReader.from([]), StreamReader.from([])];

  it('tells the loops of one reader, of several and of none', () => {
    expect(loopsOf({ source: one })).toEqual([one.input]);
    expect(loopsOf({ source: [one, other] })).toEqual([one.input, other.input]);
    expect(loopsOf({ source: [] })).toEqual([]);
  });

  it('tells nothing where nothing was given', () => {
    expect(loopsOf({})).toBeUndefined();
    expect(loopsOf({ source: undefined })).toBeUndefined();
  });

  it.each([null, 'reader', 1, {}, new Subject(), [new Subject()], [undefined], new Set([one])])(
    'refuses %p',
    (source) => {
      expect(() => loopsOf({ source: source as never })).toThrow(TypeError);
    },
  );
});
