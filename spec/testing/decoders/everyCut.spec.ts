// Proves that cuts keep the bytes and their order, and that all cuts are there.
import { byteByByte } from '../../../src/testing/decoders/byteByByte';
import { cutAt } from '../../../src/testing/decoders/cutAt';
import { everyCut } from '../../../src/testing/decoders/everyCut';
import { seededCuts } from '../../../src/testing/decoders/seededCuts';

const WHOLE = Buffer.from('abcdef');
const shown = (cut: readonly Buffer[]) => cut.map(String).join(' ');

describe('cutAt and byteByByte', () => {
  it('cut before each byte', () => {
    expect(shown(cutAt(WHOLE, [2, 3]))).toBe('ab c def');
    expect(shown(cutAt(WHOLE, []))).toBe('abcdef');
    expect(cutAt(WHOLE, [2, 2]).map(({ length }) => length)).toEqual([2, 0, 4]);
    expect(shown(byteByByte(WHOLE))).toBe('a b c d e f');
    expect(byteByByte(Buffer.alloc(0))).toEqual([]);
  });
});

describe('everyCut', () => {
  it('contains every way once, and no empty chunk', () => {
    const cuts = everyCut(WHOLE);
    expect(cuts).toHaveLength(32);
    expect(new Set(cuts.map(shown)).size).toBe(32);
    for (const cut of cuts) {
      expect(Buffer.concat(cut).equals(WHOLE)).toBe(true);
      expect(cut.every(({ length }) => length > 0)).toBe(true);
    }
    expect(everyCut(Buffer.alloc(0)).map(({ length }) => length)).toEqual([1]);
  });
});

describe('seededCuts', () => {
  it('keep the bytes, repeat for the same seed, and are both fine and coarse', () => {
    const long = Buffer.alloc(500, 'abc');
    const cuts = seededCuts(long, 100, 5);
    expect(cuts).toHaveLength(100);
    for (const cut of cuts) expect(Buffer.concat(cut).equals(long)).toBe(true);
    expect(cuts).toEqual(seededCuts(long, 100, 5));
    expect(cuts).not.toEqual(seededCuts(long, 100, 6));
    const counts = cuts.map(({ length }) => length);
    expect(Math.min(...counts)).toBeLessThan(5);
    expect(Math.max(...counts)).toBeGreaterThan(100);
  });
});
