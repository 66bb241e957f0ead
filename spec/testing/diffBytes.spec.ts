import { diffBytes } from '../../src/testing/diffBytes';

describe('diffBytes', () => {
  it('marks the first byte that differs', () => {
    expect(diffBytes(Buffer.from('PING\r\n'), Buffer.from('PONG\r\n')).split('\n')).toEqual([
      "expected   'PING\\r\\n'",
      '           50 49 4e 47 0d 0a',
      "seen       'PONG\\r\\n'",
      '           50 4f 4e 47 0d 0a',
      '              ^^ byte 1',
    ]);
  });

  it('marks the end of the shorter one, or an empty one', () => {
    expect(diffBytes(Buffer.from('ab'), Buffer.from('a')).split('\n').slice(2)).toEqual([
      "seen       'a'",
      '           61',
      '              ^^ byte 1',
    ]);
    expect(diffBytes(Buffer.alloc(0), Buffer.from('a')).split('\n')).toEqual([
      'expected   nothing',
      "seen       'a'",
      '           61',
      '           ^^ byte 0',
    ]);
  });

  it('shows an extract of long ones', () => {
    const [one, other] = [Buffer.alloc(100, 'x'), Buffer.alloc(100, 'x')];
    other[50] = 0;
    expect(diffBytes(one, other).split('\n')).toEqual([
      `expected   … '${'x'.repeat(16)}' …`,
      `           … ${Array(16).fill('78').join(' ')} …`,
      `seen       … 'xxxxxx\\x00xxxxxxxxx' …`,
      `           … ${Array.from({ length: 16 }, (_, i) => (i === 6 ? '00' : '78')).join(' ')} …`,
      `             ${' '.repeat(18)}^^ byte 50`,
    ]);
    other[50] = 0x78;
    other[3] = 0;
    expect(diffBytes(one, other).split('\n')[4]).toBe(`${' '.repeat(11 + 9)}^^ byte 3`);
  });
});
