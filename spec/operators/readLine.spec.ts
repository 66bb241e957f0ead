// Proves that readLine cuts lines at "\n" for any cut of the chunks, applies its limit, and continues after a line that
// was too long.
import { concat, from, NEVER, retry } from 'rxjs';
import { LimitOverrunError } from '../../src/errors';
import { readLine } from '../../src/operators/readLine';
import { StreamReader } from '../../src/reading/StreamReader';
import { bytes, cutsOf } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

describe('readLine', () => {
  describeReadOperator({
    operator: () => readLine({ limit: 5 }),
    chunks: { a: 'one\n', b: 'two\nthree\nfo', c: 'ur\n', r: 'rest', h: 'half\nex', x: 'actly', y: 'xactly1', n: '\n' },
    frames: { A: 'one\n', B: 'two\n', C: 'three\n', D: 'four\n', R: 'rest', H: 'half\n', N: '\n', X: 'actly\n' },
    rows: [
      ['stays silent while the source does', '-----', '-----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['emits a line when its "\\n" arrives', 'a-|', 'A-|', '^-!'],
      ['emits all lines of a chunk at once, and joins lines across chunks', 'a-b---c|', 'A-(BC)D|', '^------!'],
      ['emits an empty line', 'n--n|', 'N--N|', '^---!'],
      ['emits the unterminated rest at the end', 'ar-|', 'A--(R|)', '^--!'],
      ['passes on an error after the complete lines before it, without the rest', 'ar-#', 'A--#', '^--!'],
      ['passes on an error that comes first', '#', '#', '(^!)'],
      ['errors as soon as a line is over its limit', 'h-y-n-|', 'H-#', '^-!', new LimitOverrunError(5, 9)],
      ['checks the limit before the end', 'y|', '#', '(^!)', new LimitOverrunError(5, 7)],
      ['accepts a line that is exactly as long as its limit', 'x--n-|', '---X-|', '^----!'],
    ],
    three: ['one\n', '\n', 'three\n'],
  });

  it('emits the same lines for every way of cutting the input', () => {
    const whole = bytes('a\n\nbc\r\nd');
    for (const cut of cutsOf(whole)) {
      expect(record(from(cut).pipe(readLine())).seen).toEqual(['a\n', '\n', 'bc\r\n', 'd', '|']);
      expect(record(StreamReader.from(cut).pipe(readLine())).seen).toEqual(['a\n', '\n', 'bc\r\n', 'd', '|']);
    }
  });

  it('drops a line over the limit through its end, also with retry, for every cut', () => {
    const whole = bytes('ab\nlonger\nc\nlongest\n\nd');
    for (const cut of cutsOf(whole)) {
      const reader = StreamReader.from(cut, { limit: 3 });
      expect(record(reader.pipe(readLine(), retry(2))).seen).toEqual(['ab\n', 'c\n', '\n', 'd', '|']);
    }
  });

  it('uses the limit of the reader, and 64 KiB for other sources', () => {
    const { reader, push } = handFed(4);
    const onReader = record(reader.pipe(readLine()));
    push('1234\n', '12345');
    expect(onReader.seen).toEqual(['1234\n', '# LimitOverrunError']);
    expect(onReader.error).toMatchObject({ limit: 4, consumed: 5 });
    const elsewhere = record(
      concat([Buffer.alloc(65_536, 'a'), Buffer.from('\n'), Buffer.alloc(65_537, 'b')], NEVER).pipe(readLine()),
    );
    expect(elsewhere.seen.map((frame) => frame.length)).toEqual([65_537, '# LimitOverrunError'.length]);
    expect(elsewhere.error).toMatchObject({ limit: 65_536, consumed: 65_537 });
  });

  it('prefers its own limit to that of the reader', () => {
    expect(record(StreamReader.from([bytes('123456\n')], { limit: 2 }).pipe(readLine({ limit: 6 }))).seen).toEqual([
      '123456\n',
      '|',
    ]);
    expect(record(StreamReader.from([bytes('123\n')]).pipe(readLine({ limit: 2 }))).seen).toEqual([
      '# LimitOverrunError',
    ]);
  });

  it('throws at the call for an invalid limit', () => {
    expect(() => readLine({ limit: 0 })).toThrow(
      new RangeError('Cannot use 0 as limit: it must be a whole number of bytes of at least 1'),
    );
    expect(() => readLine({ limit: -5 })).toThrow(RangeError);
    expect(() => readLine({ limit: 1.5 })).toThrow(RangeError);
    expect(() => readLine({ limit: Number.NaN })).toThrow(RangeError);
    expect(() => readLine({ limit: '5' as unknown as number })).toThrow(TypeError);
    expect(() => readLine({ limit: Number.POSITIVE_INFINITY })).not.toThrow();
  });
});
