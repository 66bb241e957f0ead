// Proves that readAll emits everything once at the end, also an empty Buffer, and keeps all of it when it errors.
import { from, map, of, take } from 'rxjs';
import { LimitOverrunError } from '../../src/errors';
import { readAll } from '../../src/operators/readAll';
import { StreamReader } from '../../src/reading/StreamReader';
import { bytes, cutsOf } from '../support/cuts';
import { describeReadOperator } from '../support/describeReadOperator';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

describe('readAll', () => {
  describeReadOperator({
    operator: () => readAll({ limit: 6 }),
    chunks: { a: 'one', b: 'two', c: '!' },
    frames: { E: '', A: 'one', B: 'onetwo' },
    rows: [
      ['stays silent while the source does', '-----', '-----', '^'],
      ['emits an empty Buffer on an empty source', '--|', '--(E|)', '^-!'],
      ['emits one chunk at the end', 'a--|', '---(A|)', '^--!'],
      ['joins many', 'a-b-|', '----(B|)', '^---!'],
      ['emits nothing when the source breaks', 'a-b-#', '----#', '^---!'],
      ['passes on an error that comes first', '#', '#', '(^!)'],
      ['errors as soon as more than its limit has arrived', 'a-b-c-|', '----#', '^---!', new LimitOverrunError(6, 7)],
    ],
  });

  it('emits the same for every way of cutting the input', () => {
    for (const cut of cutsOf(bytes('one two')))
      expect(record(from(cut).pipe(readAll())).seen).toEqual(['one two', '|']);
  });

  it('passes on an error that a consumer throws', () => {
    const throwing = map(() => {
      throw new Error('thrown');
    });
    expect(record(of(bytes('a')).pipe(readAll(), throwing)).seen).toEqual(['# thrown']);
    expect(record(StreamReader.from([bytes('a')]).pipe(readAll(), throwing)).seen).toEqual(['# thrown']);
  });

  it('completes once under take(1)', () => {
    expect(record(of(bytes('a'), bytes('b')).pipe(readAll(), take(1))).seen).toEqual(['ab', '|']);
  });

  it('leaves everything in the reader when it is unsubscribed', () => {
    const { reader, push, end } = handFed();
    const first = record(reader.pipe(readAll()));
    push('one', 'two');
    first.subscription.unsubscribe();
    expect(reader.bufferedAmount).toBe(6);
    end();
    expect(record(reader.pipe(readAll())).seen).toEqual(['onetwo', '|']);
    expect(record(reader.pipe(readAll())).seen).toEqual(['', '|']);
  });

  it('leaves the bytes in place when they exceed the limit, and when the source errors', async () => {
    const { reader, push, fail } = handFed();
    push('onetwo');
    expect(record(reader.pipe(readAll({ limit: 5 }))).error).toMatchObject({ limit: 5, consumed: 6 });
    const broken = record(reader.pipe(readAll()));
    fail(new Error('broken'));
    expect(broken.seen).toEqual(['# broken']);
    expect(`${await reader.read(99)}`).toBe('onetwo');
  });

  it('has a limit of 16 MiB by default', () => {
    const half = Buffer.alloc(8 * 1024 * 1024);
    expect(
      record(
        from([half, half]).pipe(
          readAll(),
          map((all) => `${all.length}`),
        ),
      ).seen,
    ).toEqual(['16777216', '|']);
    const { error } = record(from([half, half, Buffer.alloc(1)]).pipe(readAll()));
    expect(error).toEqual(new LimitOverrunError(16_777_216, 16_777_217));
  });

  it('throws at the call for an invalid limit', () => {
    expect(() => readAll({ limit: 0 })).toThrow(RangeError);
    expect(() => readAll({ limit: '1' as unknown as number })).toThrow(TypeError);
  });
});
