import { showSize } from '../../src/observing/showSize';

describe('showSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1234, '1.2 kB'],
    [9949, '9.9 kB'],
    [9960, '10 kB'],
    [12_300, '12 kB'],
    [999_400, '999 kB'],
    [999_600, '1.0 MB'],
    [3_000_000, '3 MB'],
    [2.5e15, '2.5 PB'],
    [Number.MAX_SAFE_INTEGER, '9.0 PB'],
  ])('shows %d bytes as %s', (bytes, shown) => expect(showSize(bytes)).toBe(shown));

  it.each([
    [1023, '1023 B'],
    [65_536, '64 KiB'],
    [1536, '1.5 KiB'],
    [16 * 1024 * 1024, '16 MiB'],
  ])('shows %d bytes in memory as %s', (bytes, shown) => expect(showSize(bytes, 1024)).toBe(shown));
});
