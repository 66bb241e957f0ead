import { hex } from '../../src/testing';

describe('hex', () => {
  it('converts digits to bytes', () => {
    expect(hex`0d0a`).toEqual(Buffer.from('\r\n'));
    expect(hex`00 Ff
      7f`).toEqual(Buffer.from([0, 255, 127]));
    expect(hex``).toEqual(Buffer.alloc(0));
    expect(hex`${10} ${'2a'} 0${1}`).toEqual(Buffer.from([0x10, 0x2a, 0x01]));
  });

  it.each(['0', '0d 0', 'zz', '0x0d', '0d,0a', 'd a'])('throws for %p', (digits) => {
    expect(() => hex`${digits}`).toThrow(TypeError);
    expect(() => hex`${digits}`).toThrow(`Cannot read "${digits}" as bytes: each is two hexadecimal digits`);
  });
});
