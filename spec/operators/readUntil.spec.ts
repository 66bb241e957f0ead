// Proves that readUntil cuts records at the separator that ends first, for any cut of the chunks, and that its errors
// leave or consume the bytes as documented.
import { from } from 'rxjs';
import type { Separator } from '../../src/bytes/Needle';
import { IncompleteReadError, LimitOverrunError } from '../../src/errors';
import { readUntil } from '../../src/operators/readUntil';
import { StreamReader } from '../../src/reading/StreamReader';
import { bytes, cutsOf } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

describe('readUntil', () => {
  describeReadOperator({
    operator: () => readUntil('--', { limit: 3 }),
    chunks: { a: 'abc--', b: 'd--e--f', c: '-', d: '-', n: '--', r: 'ab', l: 'abcd', m: 'a' },
    frames: { A: 'abc--', D: 'd--', E: 'e--', F: 'f--', N: '--' },
    rows: [
      ['stays silent while the source does', '-----', '-----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['emits a record when its separator is complete', 'a-|', 'A-|', '^-!'],
      [
        'emits every record of a chunk at once, and finds a separator across chunks',
        'b---c-d|',
        '(DE)--F|',
        '^------!',
      ],
      ['emits an empty record', 'n-n|', 'N-N|', '^--!'],
      ['passes on an error after the complete records before it', 'ar--#', 'A---#', '^---!'],
      ['passes on an error that comes first', '#', '#', '(^!)'],
      [
        'errors with the partial record when the source ends inside one',
        'ar--|',
        'A---#',
        '^---!',
        new IncompleteReadError(Buffer.from('ab'), null),
      ],
      [
        'waits while the last byte may begin the separator',
        'l--|',
        '---#',
        '^--!',
        new IncompleteReadError(Buffer.from('abcd'), null),
      ],
      ['errors as soon as a record certainly exceeds its limit', 'l-m-n', '--#', '^-!', new LimitOverrunError(3, 4)],
    ],
    three: ['one--', '--', '3--'],
  });

  // Separators, input, and records: the match that ends first counts, and the shortest of those that end together.
  const table: [string, Separator, string, string[]][] = [
    ['one byte', '\n', 'a\n\nb\n', ['a\n', '\n', 'b\n']],
    ['bytes', Uint8Array.of(0, 1), 'a\0\0\x01b\0\x01', ['a\0\0\x01', 'b\0\x01']],
    ['a separator that can overlap itself', 'aab', 'aaabaaab', ['aaab', 'aaab']],
    ['a separator of two characters', 'é', 'aébé', ['aé', 'bé']],
    ['two of them', ['\n', '\0'], 'a\0b\nc\0', ['a\0', 'b\n', 'c\0']],
    ['the one that ends first, though it starts later', ['abcd', 'c'], 'xabcdc', ['xabc', 'dc']],
    ['one that is the end of the other', ['\n', '\r\n'], 'a\r\nb\n', ['a\r\n', 'b\n']],
    ['one that is the beginning of the other', ['--', '---'], 'a---b--', ['a--', '-b--']],
    ['the same twice', ['\n', '\n'], 'a\nb\n', ['a\n', 'b\n']],
  ];
  it.each(table)('finds %s for every way of cutting the input', (_, separator, input, records) => {
    for (const cut of cutsOf(bytes(input))) {
      expect(record(from(cut).pipe(readUntil(separator))).seen).toEqual([...records, '|']);
    }
  });

  it('counts the shortest of the separators that end together for the limit', () => {
    expect(record(from([bytes('abc\r\n')]).pipe(readUntil(['\r\n', '\n'], { limit: 4 }))).seen).toEqual([
      'abc\r\n',
      '|',
    ]);
    expect(record(from([bytes('abc\r\n')]).pipe(readUntil(['\r\n', '\n'], { limit: 3 }))).error).toMatchObject({
      limit: 3,
      consumed: 4,
    });
    expect(record(from([bytes('abc\r\n')]).pipe(readUntil(['\r\n'], { limit: 3 }))).seen).toEqual(['abc\r\n', '|']);
  });

  it('leaves the bytes in place when they exceed the limit', () => {
    const { reader, push, end } = handFed(3);
    push('abcdef', 'g\n', 'h\n');
    const { error } = record(reader.pipe(readUntil('\n')));
    expect(error).toMatchObject({ limit: 3, consumed: 7 });
    expect(reader.bufferedAmount).toBe(10);
    expect(record(reader.pipe(readUntil('\n', { limit: 7 }))).seen).toEqual(['abcdefg\n', 'h\n']);
    end();
  });

  it('reports how many bytes can be skipped without losing a separator', async () => {
    const { reader, push } = handFed(3);
    push('abcd\r');
    const { error } = record(reader.pipe(readUntil('\r\n')));
    expect(error).toMatchObject({ consumed: 4 });
    await reader.readExactly((error as LimitOverrunError).consumed);
    push('\nnext\r\n');
    expect(`${await reader.readUntil('\r\n')}`).toBe('\r\n');
  });

  it('checks the limit before the end of the stream', () => {
    const reader = StreamReader.from([bytes('abcde')], { limit: 4 });
    expect(record(reader.pipe(readUntil('\n'))).seen).toEqual(['# LimitOverrunError']);
    expect(record(reader.pipe(readUntil('\n', { limit: 5 }))).error).toMatchObject({
      partial: bytes('abcde'),
      expected: null,
    });
    expect(reader.atEof()).toBe(true);
  });

  it.each([
    ['an empty string', '', RangeError],
    ['no bytes', Buffer.alloc(0), RangeError],
    ['an empty list', [], RangeError],
    ['an empty one among others', ['\n', ''], RangeError],
    ['a number', 10, TypeError],
    ['nothing', undefined, TypeError],
    ['null', null, TypeError],
    ['numbers', [13, 10], TypeError],
    ['a RegExp', /\n/, TypeError],
  ])('throws at the call for %s', (_, separator, type) => {
    expect(() => readUntil(separator as Separator)).toThrow(type);
    expect(() => readUntil(separator as Separator)).toThrow('Cannot search for a');
  });

  it('throws at the call for an invalid limit', () => {
    expect(() => readUntil('\n', { limit: 0 })).toThrow(RangeError);
    expect(() => readUntil('\n', { limit: null as unknown as number })).toThrow(TypeError);
  });
});
