// Proves that a run of decoded lines returns each without its ending and always knows how many bytes they had.
import * as searches from '../../src/bytes/indexOfByte';
import { TextRun } from '../../src/bytes/TextRun';

function runOf(text: string, before = 'before', after = 'after'): TextRun {
  const start = Buffer.byteLength(before);
  const end = start + Buffer.byteLength(text);
  return new TextRun(undefined, text, Buffer.from(before + text + after), start, end);
}

describe('TextRun', () => {
  it.each([
    [
      'ASCII',
      'a\n\nbc\r\n\r\nd\re\n',
      [
        ['a', 2],
        ['', 3],
        ['bc', 7],
        ['', 9],
        ['d\re', 13],
      ],
    ],
    [
      'characters of several bytes',
      'é\n€\r\n𝄞\n',
      [
        ['é', 3],
        ['€', 8],
        ['𝄞', 13],
      ],
    ],
    [
      'both',
      'a\né\nb\n',
      [
        ['a', 2],
        ['é', 5],
        ['b', 7],
      ],
    ],
  ] as [string, string, [string, number][]][])(
    'returns lines of %s, and the byte where each ends',
    (_, text, lines) => {
      const run = runOf(text);
      expect(run.taken()).toBe(0);
      for (const [line, taken] of lines) {
        expect(run.next(false)).toBe(line);
        expect(run.taken()).toBe(taken);
        expect(run.taken()).toBe(taken);
      }
      expect(run.next(false)).toBeUndefined();
      expect(run.taken()).toBe(Buffer.byteLength(text));
    },
  );

  it('cuts at "\\r" alone if lines end with it', () => {
    const text = 'a\nb\r\ré\r\n€\r';
    const run = new TextRun(undefined, text, Buffer.from(`<${text}`), 1, 1 + Buffer.byteLength(text), true);
    const seen = [];
    for (let line = run.next(false); line !== undefined; line = run.next(false)) seen.push([line, run.taken()]);
    expect(seen).toEqual([
      ['a\nb', 4],
      ['', 5],
      ['é', 8],
      ['\n€', 13],
    ]);
  });

  it('counts bytes correctly when it is asked only now and then', () => {
    const run = runOf('é\n'.repeat(10));
    for (let i = 0; i < 4; i++) run.next(false);
    expect(run.taken()).toBe(12);
    for (let i = 0; i < 3; i++) run.next(false);
    expect(run.taken()).toBe(21);
  });

  it('counts each byte at most once, however often it is asked', () => {
    const indexOf = jest.spyOn(searches, 'indexOfByte');
    const run = runOf('é\n'.repeat(100));
    for (let i = 0; i < 99; i++) {
      run.next(false);
      run.taken();
      run.taken();
    }
    expect(indexOf).toHaveBeenCalledTimes(99);
    indexOf.mockRestore();
  });

  // Lines of a strict run: those before it stops at a line that does not end with "\r\n" alone.
  it.each([
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\r\nb\nc\r\n', ['a']],
    ['a\r\nb\rc\r\n', ['a']],
    ['a\r\nb\r\r\n', ['a']],
    ['a\r\n\n\r\n', ['a']],
    ['\n', []],
    ['\nb\r\n', []],
    ['b\n', []],
    ['\r\r\n', []],
    ['\r\n\r\n', ['', '']],
  ])('stops in strict mode at a line with a lone "\\r" or "\\n": %j', (text, lines) => {
    const run = runOf(text);
    const seen: string[] = [];
    for (let line = run.next(true); line !== undefined; line = run.next(true)) seen.push(line);
    expect(seen).toEqual(lines);
    expect(run.taken()).toBe(lines.map((line) => `${line}\r\n`).join('').length);
  });
});
