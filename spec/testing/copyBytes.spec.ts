// Proves that a copy equals its value, with its own bytes, and that a value without bytes is not touched.
import { isNativeError } from 'node:util/types';
import { IncompleteReadError } from '../../src';
import { copyBytes } from '../../src/testing/copyBytes';

describe('copyBytes', () => {
  const bytes = () => Buffer.from('ab');

  it.each<[string, (bytes: Buffer) => unknown]>([
    ['bytes', (one) => one],
    ['a list', (one) => [1, one, [one]]],
    ['an object', (one) => ({ name: 'x', body: { one } })],
    ['a map', (one) => new Map([['key', one]])],
    ['an object without a prototype', (one) => Object.assign(Object.create(null), { one })],
  ])('copies %s', (_, make) => {
    const memory = bytes();
    const value = make(memory);
    const copy = copyBytes(value);
    memory.fill('x');
    expect(copy).toEqual(make(bytes()));
    expect(copy).not.toBe(value);
  });

  it('keeps the kind of array', () => {
    const array = new Uint8Array([1, 2]);
    const copy = copyBytes(array);
    array.fill(0);
    expect(Buffer.isBuffer(copy)).toBe(false);
    expect(copy).toEqual(new Uint8Array([1, 2]));
  });

  it('copies the bytes of an error, and returns an error', () => {
    const memory = bytes();
    const error = new IncompleteReadError(memory, 4);
    const copy = copyBytes(error);
    memory.fill('x');
    expect(copy).toBeInstanceOf(IncompleteReadError);
    expect([copy.partial.toString(), copy.expected, copy.message, copy.stack]).toEqual([
      'ab',
      4,
      error.message,
      error.stack,
    ]);
    expect(isNativeError(copy)).toBe(true);
    expect(Object.keys(copy)).toEqual(Object.keys(error));
    expect(Object.getOwnPropertyDescriptor(copy, 'stack')).toMatchObject({ enumerable: false, writable: true });
  });

  it('copies an error with its cause, its symbols and its getters', () => {
    const memory = bytes();
    const mark = Symbol('mark');
    const error = Object.freeze(
      Object.defineProperty(Object.assign(new RangeError('outer', { cause: { memory } }), { [mark]: memory }), 'size', {
        get: () => 2,
      }),
    );
    const copy = copyBytes(error) as typeof error & { size: number };
    memory.fill('x');
    expect(copy).toBeInstanceOf(RangeError);
    expect(`${(copy.cause as { memory: Buffer }).memory} ${copy[mark]} ${copy.size} ${copy.message}`).toBe(
      'ab ab 2 outer',
    );
    expect(copy.stack).toBe(error.stack);
  });

  it.each([[null], [undefined], [5], ['text'], [[1, { a: 'x' }]], [new Date(0)], [new Error('none')], [() => 1]])(
    'returns %p, which has no bytes, as it is',
    (value) => expect(copyBytes(value)).toBe(value),
  );

  it('copies the bytes of an instance into an instance, and shares one whose bytes are only in other instances', () => {
    class Packet {
      constructor(readonly payload: Buffer) {}
      get size() {
        return this.payload.length;
      }
    }
    class Keeper {
      readonly packet = new Packet(bytes());
    }
    const packet = new Packet(bytes());
    const copy = copyBytes(packet);
    packet.payload.fill('x');
    expect(copy).toBeInstanceOf(Packet);
    expect([`${copy.payload}`, copy.size]).toEqual(['ab', 2]);
    const keeper = new Keeper();
    expect(copyBytes(keeper)).toBe(keeper);
  });

  it('copies a cycle, and a value that occurs twice once', () => {
    const part: { one: Buffer; self?: unknown } = { one: bytes() };
    part.self = part;
    const twice = [part.one, part] as const;
    const copy = copyBytes(twice) as typeof twice;
    part.one.fill('x');
    expect(`${copy[0]}`).toBe('ab');
    expect(`${copy[1].one}`).toBe('ab');
  });
});
