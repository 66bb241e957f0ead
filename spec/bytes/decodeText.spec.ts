// Proves that long text is decoded to the same string as by Node, for any bytes.
import * as fc from 'fast-check';
import { decodeText } from '../../src/bytes/decodeText';

const LONG = 600;

describe('decodeText', () => {
  it.each<[string, string]>([
    ['ASCII', 'plain text\n'.repeat(100)],
    ['Latin', 'größe\n'.repeat(100)],
    ['characters of three bytes', '€uro\n'.repeat(200)],
    ['characters of four bytes', 'a😀b\n'.repeat(200)],
    ['a byte order mark', `\ufeff${'é'.repeat(LONG)}`],
    ['zeros', `${'\0'.repeat(LONG)}é`],
  ])('decodes %s', (_, text) => {
    const bytes = Buffer.from(text);
    expect(decodeText(bytes, 'utf8', 0, bytes.length)).toBe(text);
    expect(decodeText(bytes, 'utf-8', 0, bytes.length)).toBe(text);
  });

  it.each([
    ['a lone byte of a longer character', [0xc3]],
    ['a byte that never occurs', [0xff]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half of a pair', [0xed, 0xa0, 0x80]],
    ['a character that is cut', [0xf0, 0x9f, 0x98]],
  ])('decodes invalid UTF-8 to U+FFFD: %s', (_, wrong) => {
    const bytes = Buffer.concat([Buffer.from('é'.repeat(LONG)), Buffer.from(wrong), Buffer.from('é')]);
    expect(decodeText(bytes, 'utf8', 0, bytes.length)).toBe(bytes.toString());
    expect(decodeText(bytes, 'utf8', 0, bytes.length)).toContain('\ufffd');
  });

  it('decodes part of the bytes', () => {
    const bytes = Buffer.from(`abc${'é'.repeat(LONG)}xyz`);
    expect(decodeText(bytes, 'utf8', 3, bytes.length - 3)).toBe('é'.repeat(LONG));
  });

  it.each(['latin1', 'ascii'] as const)('leaves %s to Node', (encoding) => {
    const bytes = Buffer.from('é'.repeat(LONG));
    expect(decodeText(bytes, encoding, 0, bytes.length)).toBe(bytes.toString(encoding));
  });

  it('decodes any bytes the way Node does', () => {
    const text = fc.string({ unit: 'binary', minLength: 100, maxLength: 2000 }).map((one) => Buffer.from(one));
    const noise = fc.uint8Array({ minLength: 500, maxLength: 2000 }).map((one) => Buffer.from(one));
    fc.assert(
      fc.property(fc.oneof(text, noise), (bytes) => {
        expect(decodeText(bytes, 'utf8', 0, bytes.length)).toBe(bytes.toString());
      }),
    );
  });
});
