import { hexDigits } from '../../src/bytes/hexDigits';

describe('hexDigits', () => {
  it('writes two digits per byte', () => {
    expect(hexDigits(Buffer.from([0, 10, 0x2a, 255]))).toBe('00 0a 2a ff');
    expect(hexDigits([7])).toBe('07');
    expect(hexDigits([])).toBe('');
  });
});
