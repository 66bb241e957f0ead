// Proves that two values that node's own strict comparison tells apart are never taken for equal, and that matchers and bytes are the
// only things in which more is equal.
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { IncompleteReadError } from 'rxjs-tcp';
import { describeDifference } from '../../src/testing/describeDifference';

const kind = Symbol('kind');

class Frame {
  constructor(
    readonly body: unknown,
    readonly id = 1,
  ) {}
}

function cycle(depth: number): unknown {
  const one: Record<string, unknown> = { x: 1 };
  let inner = one;
  for (let i = 0; i < depth; i++) {
    inner.self = { x: 1 };
    inner = inner.self as Record<string, unknown>;
  }
  inner.self = one;
  return one;
}

describe('describeDifference', () => {
  // biome-ignore lint/suspicious/noSparseArray: a hole is no value.
  const hole = [1, , 3];

  it.each<[string, unknown, unknown, string]>([
    ['a symbol', { [kind]: 'data' }, { [kind]: 'ping' }, "at Symbol(kind): 'data' is not 'ping'"],
    [
      'a symbol of an error',
      Object.assign(new Error('m'), { [kind]: 1 }),
      Object.assign(new Error('m'), { [kind]: 2 }),
      'at Symbol(kind): 1 is not 2',
    ],
    [
      'the errors of an AggregateError',
      new AggregateError([new Error('a')], 'm'),
      new AggregateError([new Error('b')], 'm'),
      "at errors.0.message: 'a' is not 'b'",
    ],
    ['the cause of an error', new Error('m', { cause: 1 }), new Error('m', { cause: 2 }), 'at cause: 1 is not 2'],
    [
      'a cause that is missing',
      new Error('m'),
      new Error('m', { cause: 2 }),
      'at cause: nothing is there, and 2 is expected',
    ],
    ['the class of an error', new RangeError('m'), new Error('m'), 'RangeError: m is not Error: m'],
    [
      'the name of an error',
      Object.assign(new Error('m'), { name: 'Own' }),
      new Error('m'),
      "at name: 'Own' is not 'Error'",
    ],
    [
      'undefined and a missing key',
      { id: 1, reply: undefined },
      { id: 1 },
      'at reply: undefined is there, and nothing is expected',
    ],
    [
      'a missing key and undefined',
      { id: 1 },
      { id: 1, reply: undefined },
      'at reply: nothing is there, and undefined is expected',
    ],
    ['a hole and undefined', hole, [1, undefined, 3], 'at 1: nothing is there, and undefined is expected'],
    ['the length of lists', [1], [1, 2], 'at 1: nothing is there, and 2 is expected'],
    ['typed arrays', new Uint16Array([1]), new Uint16Array([2]), 'Uint16Array(1) [ 1 ] is not Uint16Array(1) [ 2 ]'],
    ['minus zero', { n: -0 }, { n: 0 }, 'at n: -0 is not 0'],
    ['text and the bytes of it', 'a', Buffer.from('a'), "'a' (string) is not 'a' (Buffer)"],
    [
      'the class of an object',
      new Frame('a'),
      { body: 'a', id: 1 },
      "Frame { body: 'a', id: 1 } is not { body: 'a', id: 1 }",
    ],
    ['a field of an instance', new Frame('a'), new Frame('b'), "at body: 'a' is not 'b'"],
    ['a value of a map', new Map([['k', 1]]), new Map([['k', 2]]), 'at k: 1 is not 2'],
    ['a set', new Set([1]), new Set([2]), 'Set(1) { 1 } is not Set(1) { 2 }'],
    ['dates', new Date(0), new Date(1), '1970-01-01T00:00:00.000Z is not 1970-01-01T00:00:00.001Z'],
    [
      'bytes in an object',
      { payload: Buffer.from('ab') },
      { payload: 'ac' },
      "at payload: byte 1 is 62 'b', not 63 'c'",
    ],
    ['cycles', cycle(1), { x: 1, self: { x: 2 } }, 'at self.x: 1 is not 2'],
  ])('tells apart: %s', (_, seen, expected, difference) => {
    expect(isDeepStrictEqual(seen, expected)).toBe(false);
    expect(describeDifference(seen, expected)).toBe(difference);
  });

  it.each<[string, unknown, unknown]>([
    ['bytes in any array', { one: Buffer.from('ab') }, { one: new Uint8Array([97, 98]) }],
    ['text where bytes are', [Buffer.from('größe')], ['größe']],
    [
      'an error with its bytes',
      new IncompleteReadError(Buffer.from('ab'), 3),
      new IncompleteReadError(Buffer.from('ab'), 3),
    ],
    ['a matcher', { id: 7, at: 'x' }, { id: expect.any(Number), at: 'x' }],
    ['a matcher in a map', new Map([['k', 7]]), new Map([['k', expect.any(Number)]])],
    ['a matcher in a class', new Frame('a'), new Frame(expect.stringContaining('a'))],
    ['a matcher in an error', new Error('m', { cause: 7 }), new Error('m', { cause: expect.any(Number) })],
    [
      'a matcher beside a cycle',
      Object.assign(cycle(0) as object, { y: 2 }),
      Object.assign(cycle(0) as object, { y: expect.any(Number) }),
    ],
    ['frozen values', Object.freeze({ a: Buffer.from('a') }), Object.freeze({ a: 'a' })],
  ])('takes for equal: %s', (_, seen, expected) => expect(describeDifference(seen, expected)).toBeUndefined());

  it('asks one matcher for several values', () => {
    const part = { x: expect.any(Number) };
    expect(describeDifference({ a: { x: 1 }, b: { x: 2 } }, { a: part, b: part })).toBeUndefined();
    expect(describeDifference({ a: { x: 1 }, b: { x: 'y' } }, { a: part, b: part })).toBe(
      "at b.x: 'y' is not Any<Number>",
    );
  });

  it('leaves what is expected as it is', () => {
    const expected = { one: ['a'], any: expect.any(Number) };
    const before = { ...expected, one: [...expected.one] };
    describeDifference({ one: [Buffer.from('a')], any: 1 }, expected);
    expect(Object.is(expected.any, before.any)).toBe(true);
    expect(expected.one).toEqual(before.one);
  });

  it('tells objects of another realm apart, as node does', () => {
    const foreign: unknown = runInNewContext('({ a: 1 })');
    expect(describeDifference(foreign, { a: 1 })).toMatch(/is not/);
  });

  it('decides as node does, for any two values', () => {
    const some = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(
        some,
        some,
        (one, other) => (describeDifference(one, other) === undefined) === isDeepStrictEqual(one, other),
      ),
      { numRuns: 500, seed: 17 },
    );
    fc.assert(
      fc.property(
        fc.clone(some, 2),
        ([one, other]) => (describeDifference(one, other) === undefined) === isDeepStrictEqual(one, other),
      ),
      { numRuns: 500, seed: 17 },
    );
  });
});
