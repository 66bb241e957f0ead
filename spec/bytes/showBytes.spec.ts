// Proves that the output is code that evaluates to the bytes.
import * as fc from 'fast-check';
import { showBytes } from '../../src/bytes/showBytes';
import { hex } from '../../src/testing';

const evaluated = (code: string) => Buffer.from(new Function('hex', `return ${code}`)(hex) as string);

describe('showBytes', () => {
  it.each<[string, string]>([
    ['', "''"],
    ['PING\r\n', "'PING\\r\\n'"],
    ['\tä 漢 🎈', "'\\tä 漢 🎈'"],
    [`it's "quoted" \\ \``, `'it\\'s "quoted" \\\\ \`'`],
    ['\0', 'hex`00`'],
    ['\x1b[1m', "'\\x1b[1m'"],
    ['\x04bo\x00dy\n', "'\\x04bo\\x00dy\\n'"],
    ['abc\u202e', "'abc\\u{202e}'"],
    ['\0\x01*', 'hex`00 01 2a`'],
    ['\u202e', 'hex`e2 80 ae`'],
    ['\u2028', 'hex`e2 80 a8`'],
    ['\ufeffx', 'hex`ef bb bf 78`'],
  ])('shows %p', (text, shown) => {
    expect(showBytes(Buffer.from(text))).toBe(shown);
    expect(evaluated(shown)).toEqual(Buffer.from(text));
  });

  it('shows text that is no UTF-8 as latin1, and other bytes as hexadecimal digits', () => {
    expect(showBytes(Buffer.from('\xffSMB\x00 it', 'latin1'))).toBe("Buffer.from('\\xffSMB\\x00 it', 'latin1')");
    expect(evaluated("Buffer.from('\\xffSMB\\x00 it', 'latin1')")).toEqual(Buffer.from('\xffSMB\x00 it', 'latin1'));
    expect(showBytes(hex`c3`)).toBe('hex`c3`');
    expect(showBytes(new Uint8Array([0x68, 0xff]))).toBe('hex`68 ff`');
  });

  it('shows the first bytes of many, without a partial character', () => {
    expect(showBytes(Buffer.from('abcdef'), 6)).toBe("'abcdef'");
    expect(showBytes(Buffer.from('abcdefg'), 6)).toBe("'abcdef'… (7 bytes)");
    expect(showBytes(Buffer.from('abcdeü'), 6)).toBe("'abcde'… (7 bytes)");
    expect(showBytes(Buffer.alloc(9, 0x80), 2)).toMatch(/^(hex`|'').*… \(9 bytes\)$/);
  });

  it('returns valid code for any bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((chars) => Buffer.from(chars));
    const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(text, bytes), (any) => expect(evaluated(showBytes(any)).equals(any)).toBe(true)),
      { seed: 1, numRuns: 500 },
    );
  });
});
