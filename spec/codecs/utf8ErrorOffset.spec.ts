// Proves that the first invalid byte is found, compared with a check of every prefix.
import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { utf8ErrorOffset } from '../../src/codecs/utf8ErrorOffset';

describe('utf8ErrorOffset', () => {
  it.each([
    [[], -1],
    [[...Buffer.from('aé€𝄞\ufffd\ufeff')], -1],
    [[0x80], 0],
    [[0x61, 0xc3], 1],
    [[0xc3, 0xa9, 0xc3, 0x28], 2],
    [[0xef, 0xbf, 0xbd, 0xef, 0xbf], 3],
    [[0xe2, 0x82, 0xe2, 0x82, 0xac], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0xc0, 0x80], 0],
  ])('returns for %j the offset %i', (codes, offset) => expect(utf8ErrorOffset(Buffer.from(codes))).toBe(offset));

  it('returns the length of the longest valid beginning', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', 'é', '€', '𝄞', '\ufffd').map((text) => [...Buffer.from(text)]),
      fc.constantFrom([0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f], [0xff], [0xef, 0xbf]),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const whole = Buffer.from(pieces.flat());
        let valid = whole.length;
        while (!isUtf8(whole.subarray(0, valid))) valid--;
        expect(utf8ErrorOffset(whole)).toBe(valid === whole.length ? -1 : valid);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});
