import { printHex } from '../../../src/wiretap/print/printHex';

describe('printHex', () => {
  it('prints a line for each event, and 16 bytes in a line, of which only ASCII is text', () => {
    const data = Buffer.from('PING \x1b[2J\u2028 é\r\n0123456789');
    const text = printHex([
      { seq: 0, time: 0, connection: 1, kind: 'open', local: 'a\x1b', remote: '127.0.0.1:1' },
      { seq: 1, time: 1234, connection: 1, kind: 'rx', bytes: data.length, data },
      { seq: 2, time: 1300, connection: 1, kind: 'tx', bytes: 1000, data: Buffer.from('x') },
      { seq: 3, time: 99_000_000, connection: 1, kind: 'close', by: 'error', error: `no\u2028way ${'x'.repeat(90)}` },
    ]);
    expect(text.split('\n')).toEqual([
      '#1      0.000 ms  open     a\\u{1b} → 127.0.0.1:1',
      '#1      1.234 ms  rx       27 bytes',
      '  00000000  50 49 4e 47 20 1b 5b 32  4a e2 80 a8 20 c3 a9 0d  |PING .[2J... ...|',
      '  00000010  0a 30 31 32 33 34 35 36  37 38 39                 |.0123456789|',
      '#1      1.300 ms  tx       1000 bytes, 1 kept',
      '  00000000  78                                                |x|',
      `#1  99000.000 ms  close    by error: no\\u{2028}way ${'x'.repeat(28)}…`,
      '',
    ]);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
