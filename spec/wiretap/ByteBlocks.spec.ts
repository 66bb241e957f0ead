import { ByteBlocks } from '../../src/wiretap/ByteBlocks';

describe('ByteBlocks', () => {
  it('copies bytes, and keeps each copy as it was', () => {
    const blocks = new ByteBlocks();
    const source = Buffer.alloc(20_000);
    const copies = [0, 1, 500, 13, 511, 512, 513, 4095, 4096, 20_000, 7].map((length, i) => {
      source.fill(i + 1);
      return blocks.copy(source.subarray(0, length));
    });
    source.fill(0);
    for (const [i, copy] of copies.entries()) expect(copy.equals(Buffer.alloc(copy.length, i + 1))).toBe(true);
    expect(copies.map(({ length }) => length)).toEqual([0, 1, 500, 13, 511, 512, 513, 4095, 4096, 20_000, 7]);
  });

  it('has room for a copy that is larger than its first block', () => {
    for (const length of [511, 512, 513, 4000, 4095, 4096]) {
      const bytes = Buffer.alloc(length, 'x');
      expect(new ByteBlocks().copy(bytes).equals(bytes)).toBe(true);
    }
  });

  it('takes little for little, and at most a block more than it copied', () => {
    const blocks = new ByteBlocks();
    const memory = new Set([blocks.copy(Buffer.from('a')).buffer]);
    const taken = () => [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(taken()).toBe(512);
    for (let copied = 1; copied < 100_000; copied += 100) {
      memory.add(blocks.copy(Buffer.alloc(100)).buffer);
      expect(taken()).toBeLessThanOrEqual(1.25 * copied + 16 * 1024);
    }
    // Of little that is kept, a block is small.
    expect([100, 127, 128].map((length) => new ByteBlocks(4096).copy(Buffer.alloc(length)).buffer.byteLength)).toEqual([
      512, 512, 128,
    ]);
  });
});
