// Proves the defaults for lines of text, and which options are invalid.
import { type LinesOptions, textLineRules } from '../../src/codecs/textLineRules';

describe('textLineRules', () => {
  it('defaults to UTF-8, either ending, and the limit of the reader', () => {
    expect(textLineRules({})).toEqual({ encoding: 'utf8', limit: undefined, eol: 'lf', fatal: false });
    expect(textLineRules({ encoding: undefined, limit: undefined, eol: undefined, fatal: undefined })).toEqual(
      textLineRules({}),
    );
  });

  it.each<[LinesOptions, object]>([
    [{ encoding: 'utf-8' }, { encoding: 'utf-8' }],
    [
      { encoding: 'latin1', limit: 9 },
      { encoding: 'latin1', limit: 9 },
    ],
    [{ limit: Number.POSITIVE_INFINITY }, { limit: Number.POSITIVE_INFINITY }],
    [{ eol: 'crlf' }, { eol: 'crlf' }],
    [{ eol: 'lf' }, { eol: 'lf' }],
    [{ eol: 'cr' }, { eol: 'cr' }],
    [{ fatal: true }, { fatal: true }],
    [{ fatal: true, encoding: 'utf-8' }, { fatal: true }],
    // Every byte is valid.
    [{ fatal: true, encoding: 'latin1' }, { fatal: false }],
    [{ fatal: true, encoding: 'ascii' }, { fatal: false }],
  ])('reads %j', (options, rules) => {
    expect(textLineRules(options)).toMatchObject(rules);
  });

  it.each([
    [
      { encoding: 'utf16le' },
      TypeError,
      'Cannot read lines of utf16le: the encoding must be one of utf8, utf-8, latin1',
    ],
    [{ encoding: 'UTF8' }, TypeError, 'Cannot read lines of UTF8'],
    [{ encoding: 'base64' }, TypeError, 'Cannot read lines of base64'],
    [{ eol: '\r\n' }, TypeError, "eol must be 'lf', 'crlf' or 'cr'"],
    [{ limit: 0 }, RangeError, 'Cannot use 0 as limit'],
    [{ limit: Number.NaN }, RangeError, 'Cannot use NaN as limit'],
    [{ limit: '9' }, TypeError, 'Cannot use 9 as limit'],
  ])('throws for %j', (options, type, message) => {
    expect(() => textLineRules(options as LinesOptions)).toThrow(type);
    expect(() => textLineRules(options as LinesOptions)).toThrow(message);
  });
});
