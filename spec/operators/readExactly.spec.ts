// Proves that readExactly cuts blocks of one size for any cut of the chunks, also above the limit, and has the partial
// block in its error when the source ends inside one.
import { concatMap, from, take } from 'rxjs';
import { IncompleteReadError, LimitOverrunError } from '../../src/errors';
import { readExactly } from '../../src/operators/readExactly';
import { StreamReader } from '../../src/reading/StreamReader';
import { bytes, cutsOf } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { thrownBy } from '../support/thrownBy';

describe('readExactly', () => {
  describeReadOperator({
    operator: () => readExactly(3),
    chunks: { a: 'abc', b: 'defghi', s: '12', t: '3', l: '456' },
    frames: { A: 'abc', B: 'def', C: 'ghi', S: '123', L: '124' },
    rows: [
      ['stays silent while the source does', '-----', '-----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['emits a block when it is complete', 's--t|', '---S|', '^---!'],
      ['emits every block of a chunk at once', 'a-b---|', 'A-(BC)|', '^-----!'],
      ['passes on an error after the complete blocks before it', 'as--#', 'A---#', '^---!'],
      ['passes on an error that comes first', '#', '#', '(^!)'],
      [
        'errors with the partial block when the source ends inside one',
        'as--|',
        'A---#',
        '^---!',
        new IncompleteReadError(Buffer.from('12'), 3),
      ],
    ],
    three: ['abc', 'def', 'ghi'],
  });

  it('emits the same blocks for every way of cutting the input', () => {
    for (const cut of cutsOf(bytes('abcdefgh'))) {
      const { seen, error } = record(from(cut).pipe(readExactly(3)));
      expect(seen).toEqual(['abc', 'def', '# IncompleteReadError']);
      expect(error).toMatchObject({ partial: Buffer.from('gh'), expected: 3 });
    }
  });

  it('consumes the bytes in an IncompleteReadError, and the reader is at its end', () => {
    const reader = StreamReader.from([bytes('ab')]);
    expect(record(reader.pipe(readExactly(3))).error).toMatchObject({ partial: Buffer.from('ab') });
    expect(reader.atEof()).toBe(true);
    expect(record(reader.pipe(readExactly(3))).seen).toEqual(['|']);
  });

  it('is not bounded by the limit of the reader, and resumes the source for the block', () => {
    const { reader, push, asked } = handFed(4);
    push('0123456789');
    expect(asked).toEqual(['pause']);
    const { seen } = record(reader.pipe(readExactly(30), take(1)));
    expect(asked).toEqual(['pause', 'resume']);
    push('0123456789', '0123456789');
    expect(seen).toEqual(['012345678901234567890123456789', '|']);
    expect(asked).toEqual(['pause', 'resume']);
  });

  it('with size 0 emits one empty Buffer, for any source', () => {
    const { reader } = handFed();
    expect(record(reader.pipe(readExactly(0))).seen).toEqual(['', '|']);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('throws at the call for %p bytes', (n) => {
    expect(() => readExactly(n)).toThrow(RangeError);
    expect(() => readExactly(n)).toThrow(`Cannot use ${n} as the number of bytes to read`);
  });

  it.each([undefined, null, '3', 3n])('throws at the call for %p', (n) => {
    expect(() => readExactly(n as unknown as number)).toThrow(TypeError);
  });

  it.each<[number, { limit: number } | undefined, LimitOverrunError]>([
    [2 ** 24 + 1, undefined, new LimitOverrunError(2 ** 24, 2 ** 24 + 1)],
    [999_999_999_999, undefined, new LimitOverrunError(2 ** 24, 999_999_999_999)],
    [9, { limit: 8 }, new LimitOverrunError(8, 9)],
  ])('throws at the call for %p bytes with %j', (n, options, error) => {
    expect(thrownBy(() => readExactly(n, options))).toEqual(error);
    expect(thrownBy(() => readExactly(n, options))).toMatchObject({ limit: error.limit, consumed: n });
  });

  it('accepts sizes up to its limit, 16 MiB by default', () => {
    expect(() => readExactly(2 ** 24)).not.toThrow();
    expect(() => readExactly(2 ** 40, { limit: 2 ** 40 })).not.toThrow();
    expect(() => readExactly(2 ** 40, { limit: Number.POSITIVE_INFINITY })).not.toThrow();
  });

  it.each([0, -1, 1.5, Number.NaN])('throws at the call for a limit of %p', (limit) => {
    expect(() => readExactly(3, { limit })).toThrow(`Cannot use ${limit} as limit`);
  });

  it('errors in the pipe when the peer announces a size above the limit', () => {
    const { reader, push } = handFed();
    const { seen } = record(
      reader.pipe(
        readExactly(4),
        take(1),
        concatMap((size) => reader.pipe(readExactly(size.readUInt32BE(), { limit: 1000 }))),
      ),
    );
    push(Buffer.from('000003e9', 'hex'));
    expect(seen).toEqual(['# LimitOverrunError']);
  });
});
