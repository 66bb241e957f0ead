import { showLine } from '../../src/observing/showLine';

describe('showLine', () => {
  it('leaves out the parts that are absent', () => {
    expect(showLine('Thing', ['one', undefined, false, 'two'])).toBe('Thing { one, two }');
  });

  it('shows at most 200 characters', () => {
    expect(showLine('Thing', ['x'.repeat(190)])).toBe(`Thing { ${'x'.repeat(190)} }`);
    const line = showLine('Thing', ['x'.repeat(191)]);
    expect(line).toHaveLength(200);
    expect(line).toMatch(/x… }$/);
  });
});
