// Proves that a table of frames knows where they are, and notices changes of their bytes.
import { FrameTable } from '../../../src/testing/decoders/FrameTable';

describe('FrameTable', () => {
  const table = new FrameTable<string>([
    ['ab', 'AB'],
    [Buffer.from('\r\n'), undefined],
    ['cde', 'CDE'],
  ]);

  it('lists the frames between two places, without skipped bytes', () => {
    expect(`${table.whole}`).toBe('ab\r\ncde');
    expect(table.between(0, 1)).toEqual([]);
    expect(table.between(0, 2)).toEqual(['AB']);
    expect(table.between(0, 7)).toEqual(['AB', 'CDE']);
    expect(table.between(2, 7)).toEqual(['CDE']);
    expect([0, 1, 2, 3, 4, 7].map((to) => table.lastEnd(to))).toEqual([0, 0, 2, 2, 4, 7]);
  });

  it('names places', () => {
    expect([0, 1, 2, 5].map((at) => table.place(at))).toEqual([
      'byte 0',
      'byte 1 (1 of the 2 bytes of frame 0)',
      'byte 2',
      'byte 5 (1 of the 3 bytes of frame 2)',
    ]);
  });

  it('uses every place of a short input, and some hundreds of a long one', () => {
    expect(table.places).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const { places } = new FrameTable([['x'.repeat(10_000), 'x']]);
    expect(places).toHaveLength(251);
    expect([places[0], places[250]]).toEqual([0, 10_000]);
    expect(new FrameTable([]).places).toEqual([0]);
  });

  it('notices changed bytes, and restores them', () => {
    expect(table.changed()).toBe(undefined);
    table.whole[5] = 0x21;
    expect(table.changed()).toBe('byte 5 (1 of the 3 bytes of frame 2) of what arrived, from 100 to 33');
    expect(table.changed()).toBe(undefined);
    expect(`${table.whole}`).toBe('ab\r\ncde');
  });
});
