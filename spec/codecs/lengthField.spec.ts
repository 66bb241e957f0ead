// Proves every size and byte order of the length field, by its bytes and for any number.
import * as fc from 'fast-check';
import { ByteBuffer } from '../../src';
import { lengthField } from '../../src/codecs/lengthField';

type Size = Parameters<typeof lengthField>[0];

const SIZES: Size[] = [1, 2, 3, 4, 8, 'varint'];

/** Reads a field after `offset` other bytes, byte by byte. */
function readSlowly(size: Size, endian: 'big' | 'little', bytes: Buffer, offset: number): number {
  const field = lengthField(size, endian);
  const buffer = new ByteBuffer();
  const all = Buffer.concat([Buffer.alloc(offset, 0xff), bytes]);
  for (let i = 0; i < all.length; i++) {
    expect(field.width(buffer, offset)).toBeUndefined();
    buffer.append(all.subarray(i, i + 1));
  }
  expect(field.width(buffer, offset)).toBe(bytes.length);
  return field.read(buffer, offset, bytes.length);
}

describe('lengthField', () => {
  it.each<[Size, 'big' | 'little', number, string]>([
    [1, 'big', 0, '00'],
    [1, 'little', 255, 'ff'],
    [2, 'big', 258, '0102'],
    [2, 'little', 258, '0201'],
    [3, 'big', 0x010203, '010203'],
    [3, 'little', 0x010203, '030201'],
    [4, 'big', 0xfffefdfc, 'fffefdfc'],
    [4, 'little', 0xfffefdfc, 'fcfdfeff'],
    [8, 'big', 2 ** 53 - 1, '001fffffffffffff'],
    [8, 'little', 2 ** 53 - 1, 'ffffffffffff1f00'],
    [8, 'little', 2 ** 32, '0000000001000000'],
    ['varint', 'big', 0, '00'],
    ['varint', 'big', 127, '7f'],
    ['varint', 'big', 128, '8001'],
    ['varint', 'big', 300, 'ac02'],
    ['varint', 'big', 2 ** 32, '8080808010'],
    ['varint', 'big', 2 ** 53 - 1, 'ffffffffffffff0f'],
  ])('writes %p bytes, %s-endian: %d becomes %s', (size, endian, value, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(lengthField(size, endian).write(value)).toEqual(bytes);
    for (const offset of [0, 1, 5]) expect(readSlowly(size, endian, bytes, offset)).toBe(value);
  });

  it('reads what it writes, for any number that fits', () => {
    const size = fc.constantFrom(...SIZES);
    const endian = fc.constantFrom<'big' | 'little'>('big', 'little');
    fc.assert(
      fc.property(size, endian, fc.maxSafeNat(), fc.nat(53), fc.nat(4), (bytes, order, number, bits, offset) => {
        const { max, write } = lengthField(bytes, order);
        const value = Math.floor(number / 2 ** bits) % (max === Number.MAX_SAFE_INTEGER ? max : max + 1);
        expect(readSlowly(bytes, order, write(value), offset)).toBe(value);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('checks whether a number fits', () => {
    expect(SIZES.map((size) => lengthField(size, 'big').max)).toEqual([
      0xff,
      0xffff,
      0xffffff,
      0xffffffff,
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    ]);
  });
});
