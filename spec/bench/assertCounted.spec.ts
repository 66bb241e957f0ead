import { assertCounted } from '../../bench/support/assertCounted';
import { blockOf } from '../../bench/support/blocks';

describe('assertCounted', () => {
  const block = { bytes: Buffer.alloc(12), frames: 3, length: 9, characters: 6 };

  it('accepts a run in which every frame arrived, with or without its separator', () => {
    assertCounted(block, 2, { frames: 6, length: 18 }, 'bytes');
    assertCounted(block, 2, { frames: 6, length: 24 }, 'bytes');
    assertCounted(block, 2, { frames: 6, length: 12 }, 'text');
  });

  it.each([
    ['a frame too few', { frames: 5, length: 18 }],
    ['a frame too many', { frames: 7, length: 18 }],
    ['a byte too few', { frames: 6, length: 17 }],
    ['some separators left on', { frames: 6, length: 20 }],
    ['characters for bytes', { frames: 6, length: 12 }],
    ['nothing', { frames: 0, length: 0 }],
  ])('throws for %s', (_, counted) => {
    expect(() => assertCounted(block, 2, counted, 'bytes')).toThrow(
      'Cannot trust a run: sent were 6 frames of 18 in all',
    );
  });
});

describe('blockOf', () => {
  it.each([16, 64, 256, 4096])('makes lines of %i bytes, ASCII and not', (size) => {
    for (const text of ['ascii', 'wide'] as const) {
      const { bytes, frames, length, characters } = blockOf({ kind: 'lines', size, text });
      const lines = bytes.toString().split('\n').slice(0, -1);
      expect(bytes.length).toBe(frames * size);
      expect(bytes.length).toBeGreaterThanOrEqual(1024 * 1024);
      expect(lines).toHaveLength(frames);
      expect(length).toBe(frames * (size - 1));
      expect(characters).toBe(lines.join('').length);
      expect(characters === length).toBe(text === 'ascii');
      expect(bytes.toString()).not.toContain('\ufffd');
    }
  });

  it.each([32, 1024, 65_536])('makes payloads of %i bytes behind their length', (size) => {
    const { bytes, frames, length } = blockOf({ kind: 'frames', size });
    expect(bytes.length).toBe(frames * (4 + size));
    expect(length).toBe(frames * size);
    const sizes = Array.from({ length: frames }, (_, i) => bytes.readUInt32BE(i * (4 + size)));
    expect(sizes.filter((other) => other !== size)).toEqual([]);
  });
});
