// Proves that text is cut and decoded line by line as bytes are, that decoding ahead searches and decodes no more than
// allowed, and which options are invalid. How `lines` uses it is in spec/operators/lines.spec.ts.
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { textLineDecoder } from '../../src/codecs/textLineDecoder';
import type { LinesOptions } from '../../src/codecs/textLineRules';
import { InvalidFrameError, LimitOverrunError } from '../../src/errors';
import { countScans } from '../support/countScans';
import { bytes, cutsOf, everyNth } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

describe('textLineDecoder', () => {
  // Options, awkward inputs as latin1, lines, and the errors.
  const table: [LinesOptions, string, string[], Error[]][] = [
    [{}, '', [], []],
    [{}, '\n\r\n\n', ['', '', ''], []],
    [{}, 'a\r\r\n\rb\nc\r', ['a\r', '\rb', 'c\r'], []],
    [{}, 'a\0\x0b\x0c\nb', ['a\0\x0b\x0c', 'b'], []],
    [{}, '\xef\xbb\xbfa\n', ['\ufeffa'], []],
    [{}, '\xc3\n\xa9\n', ['\ufffd', '\ufffd'], []],
    [{}, '\xe2\x80\xa8\n\xc2\x85\n', ['\u2028', '\x85'], []],
    [{ encoding: 'latin1' }, '\xe9\n\x85\r\n', ['é', '\x85'], []],
    [{ encoding: 'ascii' }, 'a\n\xe1\x8ab\nc\n', ['a', 'a\nb', 'c'], []],
    [{ limit: 2 }, 'ab\nabc\nab\r\na\r\n', ['ab', 'a'], [new LimitOverrunError(2, 3), new LimitOverrunError(2, 3)]],
    [{ eol: 'crlf' }, 'a\r\n\r\nb', ['a', '', 'b'], []],
    [{ eol: 'crlf' }, '\na\r\nb\r\n', ['b'], [new InvalidFrameError('the line has a lone "\\n"', 0)]],
    [{ eol: 'crlf' }, 'a\rb\nc\r\nd\r\n', ['d'], [new InvalidFrameError('the line has a lone "\\r"', 1)]],
    [{ eol: 'crlf', limit: 2 }, 'ab\r\nab', ['ab', 'ab'], []],
    [{ eol: 'cr' }, 'a\r\rb\nc\r\nd\r', ['a', '', 'b\nc', '\nd'], []],
    [{ eol: 'cr' }, '\xc3\xa9\r\xe2\x82\xac\r\rend', ['é', '€', '', 'end'], []],
    [{ eol: 'cr', encoding: 'ascii' }, 'a\r\xe1\x8db\rc\r', ['a', 'a\rb', 'c'], []],
    [{ eol: 'cr', limit: 2 }, 'ab\rabc\na\rab\r', ['ab', 'ab'], [new LimitOverrunError(2, 3)]],
    [{ eol: 'cr', fatal: true }, 'a\r\xff\rb\r', ['a', 'b'], [new InvalidFrameError('the line is not valid UTF-8', 0)]],
    [{ fatal: true }, 'a\n\xff\nb\n', ['a', 'b'], [new InvalidFrameError('the line is not valid UTF-8', 0)]],
    [
      { fatal: true, eol: 'crlf' },
      'a\r\nb\xc3\r\nc',
      ['a', 'c'],
      [new InvalidFrameError('the line is not valid UTF-8', 1)],
    ],
  ];
  it.each(table)('decodes %j: %j', (options, input, lines, errors) => {
    for (const cut of cutsOf(bytes(input, 'latin1'))) {
      const decoded = decodeAll(textLineDecoder(options), cut);
      expect({ frames: decoded.frames, rest: decoded.rest }).toEqual({ frames: lines, rest: '' });
      expect(decoded.errors.map(String)).toEqual(
        errors.map((error) => (error instanceof LimitOverrunError ? expect.any(String) : String(error))),
      );
    }
  });

  it('waits for one more byte in strict mode when the last byte may be the "\\r" of the ending', () => {
    const strict = textLineDecoder({ eol: 'crlf', limit: 3 });
    const buffer = new ByteBuffer();
    buffer.append(bytes('abc\r'));
    expect(strict.decode(buffer, false)).toBeUndefined();
    buffer.append(bytes('\nabcdX'));
    expect(strict.decode(buffer, false)).toBe('abc');
    expect(() => strict.decode(buffer, false)).toThrow(new LimitOverrunError(3, 4));
  });

  it('can be shared: it keeps the state of each buffer apart', () => {
    const decoder = textLineDecoder();
    const [one, two] = [new ByteBuffer(), new ByteBuffer()];
    one.append(bytes('1\n2\n3\n4\n5\n'));
    two.append(bytes('a\nb\nc\nd\ne\n'));
    const both = [0, 1, 2, 3, 4].map(() => `${decoder.decode(one, false)}${decoder.decode(two, false)}`);
    expect(both).toEqual(['1a', '2b', '3c', '4d', '5e']);
  });

  it('does not use text that another decoder decoded ahead', () => {
    const buffer = new ByteBuffer();
    buffer.append(Buffer.from('é\n'.repeat(10)));
    const [utf8, latin1] = [textLineDecoder(), textLineDecoder({ encoding: 'latin1' })];
    expect(
      [utf8, utf8, utf8, latin1, utf8, latin1, latin1, utf8].map((decoder) => decoder.decode(buffer, false)),
    ).toEqual(['é', 'é', 'é', 'Ã©', 'é', 'Ã©', 'Ã©', 'é']);
    expect(buffer.length).toBe(6);
  });

  it.each<[LinesOptions, string]>([
    [{}, 'line\n'],
    [{ eol: 'crlf' }, 'line\r\n'],
    [{ eol: 'cr' }, 'line\r'],
  ])('decodes most lines many at a time with %j', (options, line) => {
    const decodes = jest.spyOn(Buffer.prototype, 'toString');
    const { frames } = decodeAll(textLineDecoder(options), [Buffer.from(line.repeat(1000))]);
    const decoded = decodes.mock.calls.length;
    decodes.mockRestore();
    expect(frames).toHaveLength(1000);
    expect(decoded).toBeLessThan(20);
  });

  it('discards only little text when every other read is of another kind', () => {
    const decoder = textLineDecoder();
    const buffer = new ByteBuffer();
    buffer.append(Buffer.from('line of text\n'.repeat(1000)));
    const decodes = jest.spyOn(Buffer.prototype, 'toString');
    for (let i = 0; i < 400; i++) {
      decoder.decode(buffer, false);
      buffer.take(3);
    }
    const decoded = decodes.mock.calls.reduce((sum, [, start, end]) => sum + ((end as number) - (start as number)), 0);
    decodes.mockRestore();
    expect(decoded).toBeLessThan(2 * 400 * 16);
  });

  it('searches the bytes of an unfinished line only once, also after many finished lines', () => {
    const decoder = textLineDecoder({ limit: 1_000_000 });
    const buffer = new ByteBuffer();
    buffer.append(Buffer.from('line\n'.repeat(2000)));
    while (decoder.decode(buffer, false) !== undefined);
    buffer.append(Buffer.alloc(10_000, 'x'));
    const scans = countScans(() => {
      for (const chunk of everyNth(Buffer.alloc(50_000, 'x'), 50)) {
        buffer.append(chunk);
        decoder.decode(buffer, false);
      }
    });
    expect(scans.total()).toBe(60_000);
  });

  it.each([
    [{ encoding: 'utf16le' }, TypeError, 'Cannot read lines of utf16le'],
    [{ encoding: '' }, TypeError, 'Cannot read lines of'],
    [{ eol: '\n' }, TypeError, 'Cannot end lines at'],
    [{ limit: 0 }, RangeError, 'Cannot use 0 as limit'],
    [{ limit: 1.5 }, RangeError, 'Cannot use 1.5 as limit'],
    [{ limit: '5' }, TypeError, 'Cannot use 5 as limit'],
  ])('throws for %j', (options, type, message) => {
    expect(() => textLineDecoder(options as LinesOptions)).toThrow(type);
    expect(() => textLineDecoder(options as LinesOptions)).toThrow(message);
  });
});
