// Proves that equal separators are one object, of any source type, and that an invalid separator is refused.
import { runInNewContext } from 'node:vm';
import { Needle, type Separator } from '../../src/bytes/Needle';

describe('Needle', () => {
  it('is the same object for the same bytes', () => {
    const needle = Needle.of('é\n');
    expect(Needle.of('é\n')).toBe(needle);
    expect(Needle.of(Buffer.from('é\n'))).toBe(needle);
    expect(Needle.of(Uint8Array.of(0xc3, 0xa9, 0x0a))).toBe(needle);
    expect(Needle.of(Buffer.from('xé\nx').subarray(1, 4))).toBe(needle);
    expect(Needle.of('é')).not.toBe(needle);
  });

  it('is the same object for strings with the same bytes', () => {
    const needle = Needle.of('\ufffd');
    for (let i = 0; i < 1000; i++) expect(Needle.of(String.fromCharCode(0xd800 + i))).toBe(needle);
    expect(Needle.of('\ufffd')).toBe(needle);
  });

  it('exposes the bytes, their number and the first of them', () => {
    expect(Needle.of(Uint8Array.of(0, 255, 128))).toMatchObject({
      bytes: Buffer.from([0, 255, 128]),
      length: 3,
      first: 0,
    });
    expect(Needle.of('€')).toMatchObject({ bytes: Buffer.from('€'), length: 3, first: 0xe2 });
  });

  it('does not change when the source bytes change', () => {
    const given = Buffer.from('ab');
    const needle = Needle.of(given);
    given.fill('x');
    expect(needle.bytes).toEqual(Buffer.from('ab'));
    expect(Needle.of('ab')).toBe(needle);
  });

  it('stays correct after more separators than it remembers', () => {
    const first = Needle.of('separator 0');
    for (let i = 0; i < 1000; i++) expect(`${Needle.of(`separator ${i}`).bytes}`).toBe(`separator ${i}`);
    expect(Needle.of('separator 0')).toEqual(first);
  });

  it('accepts bytes from another realm', () => {
    expect(Needle.of(runInNewContext('Uint8Array.of(13, 10)')).bytes).toEqual(Buffer.from('\r\n'));
  });

  it.each([
    ['one string', '\n', ['\n']],
    ['bytes', Uint8Array.of(10), ['\n']],
    ['a list', ['\r\n', Uint8Array.of(0)], ['\r\n', '\0']],
  ] as [string, Separator, string[]][])('makes a list from %s', (_, separator, needles) => {
    expect(Needle.list(separator).map(({ bytes }) => bytes.toString())).toEqual(needles);
  });

  it('throws for an invalid separator', () => {
    expect(() => Needle.of('')).toThrow(
      new RangeError('Cannot search for an empty separator: it must have at least one byte'),
    );
    expect(() => Needle.of(new Uint8Array(0))).toThrow(RangeError);
    expect(() => Needle.list([])).toThrow(new RangeError('Cannot search for a separator: the list of them is empty'));
    expect(() => Needle.list(['a', ''])).toThrow(RangeError);
    expect(() => Needle.of(10 as unknown as string)).toThrow(
      new TypeError('Cannot search for a separator of type number: it must be a string or a Uint8Array'),
    );
    for (const bad of [null, undefined, {}, new ArrayBuffer(1), Uint16Array.of(1), [['a']]]) {
      expect(() => Needle.list(bad as unknown as string)).toThrow(TypeError);
    }
  });
});
