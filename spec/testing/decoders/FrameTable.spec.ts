// Proves that a table of frames knows where they are, and notices changes of their bytes.
import { FrameTable } from '../../../src/testing/decoders/FrameTable';

describe('FrameTable', () => {
  const table = new FrameTable<string>([
    ['ab', 'AB'],
    [Buffer.from('\r\n'), undefined],
    ['cde', 'CDE'],
  ]);

  it('lists the frames, and counts those that end by a place, without skipped bytes', () => {
    expect(`${table.whole}`).toBe('ab\r\ncde');
    expect(table.frames).toEqual(['AB', 'CDE']);
    expect([0, 1, 2, 4, 6, 7].map((place) => table.count(place))).toEqual([0, 0, 1, 1, 1, 2]);
    expect([0, 1, 2, 3, 4, 7].map((to) => table.lastEnd(to))).toEqual([0, 0, 2, 2, 4, 7]);
  });

  it('knows what is around a place: its frame and the frames beside it', () => {
    expect([0, 1, 2, 4, 7].map((place) => table.around(place))).toEqual([
      { from: 0, to: 4 },
      { from: 0, to: 4 },
      { from: 0, to: 7 },
      { from: 2, to: 7 },
      { from: 4, to: 7 },
    ]);
  });

  it('names places', () => {
    expect([0, 1, 2, 5].map((at) => table.place(at))).toEqual([
      'byte 0',
      'byte 1 (1 of the 2 bytes of frame 0)',
      'byte 2',
      'byte 5 (1 of the 3 bytes of frame 2)',
    ]);
  });

  it('uses every place of a short input', () => {
    expect(table.places).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new FrameTable([]).places).toEqual([0]);
  });

  const long = new FrameTable([
    ['abc', 1],
    ['x'.repeat(40_000), 2],
    ['defghi', 3],
  ]);

  it('uses some hundred places of a long input, and always those at borders and in headers', () => {
    const { places } = long;
    expect(places.length).toBeLessThan(300);
    expect(places.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(places.slice(-11)).toEqual(Array.from({ length: 11 }, (_, i) => 39_999 + i));
    const many = new FrameTable(Array.from({ length: 1000 }, () => ['x'.repeat(1000), 1]));
    for (let i = 1; i < 1000; i++) {
      for (const place of [i * 1000 - 1, i * 1000, i * 1000 + 1]) expect(many.places.includes(place)).toBe(true);
    }
  });

  it('gives all bytes in small chunks, and in a few thousand of a long input', () => {
    expect(table.fine(1, 5).map(String)).toEqual(['b', '\r', '\n', 'c']);
    for (const [from, to] of [
      [0, 40_009],
      [2, 39_000],
      [20_000, 20_050],
      [0, 40],
    ] as const) {
      for (const chunks of [long.fine(from, to), long.quick(from, to)]) {
        expect(Buffer.concat(chunks)).toEqual(long.whole.subarray(from, to));
        expect(chunks.every(({ length }) => length > 0)).toBe(true);
      }
      expect(long.fine(from, to).length).toBeLessThan(4097);
      expect(long.quick(from, to).length).toBeLessThan(65);
    }
    expect(long.finePlaces(0, 40_009).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it('notices changed bytes, and restores them', () => {
    expect(table.changed()).toBe(undefined);
    table.whole[5] = 0x21;
    expect(table.changed()).toBe('byte 5 (1 of the 3 bytes of frame 2) of what arrived, from 100 to 33');
    expect(table.changed()).toBe(undefined);
    expect(`${table.whole}`).toBe('ab\r\ncde');
  });
});
