// Proves that read emits the bytes as they arrive, cut to a size but never joined, and that read(-1) is readAll.
import { from } from 'rxjs';
import { LimitOverrunError } from '../../src/errors';
import { read } from '../../src/operators/read';
import { StreamReader } from '../../src/reading/StreamReader';
import { bytes } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

describe('read', () => {
  describeReadOperator({
    operator: () => read(4),
    chunks: { a: 'one', b: 'twothree', e: '' },
    frames: { A: 'one', B: 'twot', C: 'hree' },
    rows: [
      ['stays silent while the source does', '-----', '-----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['emits a short chunk as it is', 'a-a|', 'A-A|', '^--!'],
      ['emits a long chunk in pieces', 'b----|', '(BC)-|', '^----!'],
      ['ignores an empty chunk', 'e-e|', '---|', '^--!'],
      ['passes on an error after the earlier bytes', 'a-#', 'A-#', '^-!'],
      ['passes on an error that comes first', '#', '#', '(^!)'],
    ],
    three: ['4444', '5555', '6666'],
  });

  it('without a size emits whole chunks of the same memory', () => {
    const chunks = [bytes('one'), bytes('two'), bytes('three')];
    const seen: Uint8Array[] = [];
    from(chunks)
      .pipe(read())
      .subscribe((chunk) => seen.push(chunk));
    expect(seen).toEqual(chunks);
    expect(seen.every((chunk, i) => chunk.buffer === chunks[i]?.buffer)).toBe(true);
  });

  it('emits the rest of a chunk that another read has started', async () => {
    const reader = StreamReader.from([bytes('ab\ncd'), bytes('ef')]);
    await reader.readLine();
    expect(record(reader.pipe(read())).seen).toEqual(['cd', 'ef', '|']);
  });

  it('with size 0 emits one empty Buffer, for any source', () => {
    expect(record(handFed().reader.pipe(read(0))).seen).toEqual(['', '|']);
  });

  it('with size -1 equals readAll, with its limit', () => {
    expect(record(from([bytes('one'), bytes('two')]).pipe(read(-1))).seen).toEqual(['onetwo', '|']);
    expect(record(from<Buffer[]>([]).pipe(read(-1))).seen).toEqual(['', '|']);
    expect(record(from([bytes('one')]).pipe(read(-1, { limit: 2 }))).error).toEqual(new LimitOverrunError(2, 3));
  });

  it.each([-2, -1.5, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('throws at the call for %p bytes', (n) => {
    expect(() => read(n)).toThrow(RangeError);
  });

  it('throws at the call for a size that is not a number', () => {
    expect(() => read('3' as unknown as number)).toThrow(TypeError);
    expect(() => read(null as unknown as number)).toThrow(TypeError);
  });
});
