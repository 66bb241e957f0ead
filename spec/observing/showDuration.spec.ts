import { showDuration } from '../../src/observing/showDuration';

describe('showDuration', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [999, '999 ms'],
    [1200, '1.2 s'],
    [9960, '10 s'],
    [119_000, '119 s'],
    [300_000, '5 min'],
    [3 * 3600_000, '3 h'],
    [2 * 86_400_000, '2 d'],
  ])('shows %d ms as %s', (duration, shown) => expect(showDuration(duration)).toBe(shown));
});
