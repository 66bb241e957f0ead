// Proves the order, the limit and the four overflow policies of values that wait in a gate. See also backpressure.
import { BufferOverflowError } from '../../src';
import type { OverflowOptions } from '../../src/flow/assertOverflowOptions';
import { HeldValues } from '../../src/flow/HeldValues';
import { ReadLoop } from '../../src/reading/ReadLoop';
import { runningLoop } from '../../src/reading/rxjs7';

describe('HeldValues', () => {
  function fill(options: OverflowOptions<string>, ...values: string[]): HeldValues<string> {
    const held = new HeldValues(options);
    for (const value of values) held.push(value, true);
    return held;
  }
  function empty(held: HeldValues<string>): string[] {
    const seen: string[] = [];
    while (held.length > 0) held.shiftTo((value) => seen.push(value));
    return seen;
  }

  it('hands values out in order, and those added meanwhile after them', () => {
    const held = fill({}, 'a', 'b', 'c');
    expect(held.length).toBe(3);
    held.shiftTo((value) => expect(value).toBe('a'));
    held.push('d', false);
    expect(empty(held)).toEqual(['b', 'c', 'd']);
    expect(held.length).toBe(0);
  });

  // Each policy with `maxBuffered` of 4 bytes; `dropped` with the running total.
  it.each<[string, OverflowOptions<string>['overflow'], string[], string[], [string, number][]]>([
    ['fits exactly', 'drop-oldest', ['aa', 'bb'], ['aa', 'bb'], []],
    [
      'drops as many of the oldest as necessary',
      'drop-oldest',
      ['a', 'b', 'cc', 'ddd'],
      ['ddd'],
      [
        ['a', 1],
        ['b', 2],
        ['cc', 3],
      ],
    ],
    ['drops only the new value when it can never fit', 'drop-oldest', ['a', 'bbbbb', 'c'], ['a', 'c'], [['bbbbb', 1]]],
    ['drops the newest', 'drop-newest', ['aaa', 'bb', 'c'], ['aaa', 'c'], [['bb', 1]]],
    ['keeps all', 'unbounded', ['aaaaa', 'bbbbb'], ['aaaaa', 'bbbbb'], []],
    ['counts one byte for an empty value', 'error', ['aa', '', ''], ['aa', '', ''], []],
    ['has no room for an empty value either', 'drop-newest', ['aaaa', ''], ['aaaa'], [['', 1]]],
  ])('%s', (_, overflow, pushed, kept, dropped) => {
    const seen: [string, number][] = [];
    const held = fill({ maxBuffered: 4, overflow, onDrop: (value, total) => seen.push([value, total]) }, ...pushed);
    expect(seen).toEqual(dropped);
    expect(empty(held)).toEqual(kept);
  });

  it('errors by default when it is full, and keeps nothing then', () => {
    const held = fill({ maxBuffered: 4 }, 'aaa');
    expect(() => held.push('bb', true)).toThrow(new BufferOverflowError(4, 3));
    expect(held.length).toBe(0);
    held.push('bbbb', true);
    expect(empty(held)).toEqual(['bbbb']);
  });

  it('has room again for values that were handed out', () => {
    const held = fill({ maxBuffered: 4, overflow: 'drop-newest' }, 'aa', 'bb');
    held.shiftTo(() => {});
    held.push('cc', true);
    held.push('d', true);
    expect(empty(held)).toEqual(['bb', 'cc']);
  });

  it('neither counts nor drops values that maxBuffered does not apply to', () => {
    const held = new HeldValues<string>({ maxBuffered: 2, overflow: 'drop-oldest' });
    held.push('read', false);
    for (const value of ['a', 'b', 'c']) held.push(value, true);
    held.push('read too', false);
    held.push('d', true);
    expect(empty(held)).toEqual(['read', 'c', 'read too', 'd']);
  });

  it('counts with `size` where it is given, and requires it for values without a length', () => {
    const held = new HeldValues<{ size: number }>({
      maxBuffered: 4,
      overflow: 'drop-newest',
      size: ({ size }) => size,
    });
    for (const size of [3, 2, 1]) held.push({ size }, true);
    expect(held.length).toBe(2);
    expect(() => held.push({ size: -1 }, true)).toThrow(RangeError);
    expect(() => held.push({ size: '1' as never }, true)).toThrow(TypeError);
    expect(() => new HeldValues<unknown>({}).push({}, true)).toThrow('give { source } or { size }');
    expect(() => new HeldValues<unknown>({}).push({}, false)).not.toThrow();
  });

  it('hands each value out under the reader whose delivery brought it, whichever reader delivers then', () => {
    const [one, other] = [new ReadLoop(1), new ReadLoop(1)];
    const held = new HeldValues<string>();
    runningLoop.current = one;
    held.push('a', false);
    runningLoop.current = undefined;
    held.push('b', false);
    runningLoop.current = other;
    const seen: unknown[] = [];
    held.shiftTo((value) => seen.push(value, runningLoop.current === one));
    expect(() =>
      held.shiftTo(() => {
        seen.push(runningLoop.current);
        throw 'thrown';
      }),
    ).toThrow();
    expect(runningLoop.current).toBe(other);
    runningLoop.current = undefined;
    expect(seen).toEqual(['a', true, undefined]);
  });

  it('holds a million values in linear time', () => {
    const held = new HeldValues<number>({ overflow: 'drop-oldest', maxBuffered: 500_000, size: () => 1 });
    for (let i = 0; i < 1_000_000; i++) held.push(i, true);
    let sum = 0;
    while (held.length > 0) held.shiftTo((value) => (sum += value));
    expect(sum).toBe((500_000 * (500_000 + 999_999)) / 2);
  });
});
