// Proves which options are the same to the cache, and what it keeps.
import { OptionsCache } from '../../src/net/OptionsCache';

const bytes = Buffer.from('a');
const check = () => undefined;

describe('OptionsCache', () => {
  it.each<[string, object, object]>([
    ['none', {}, {}],
    ['equal strings', { ciphers: 'A:B' }, { ciphers: ['A', 'B'].join(':') }],
    ['the same Buffer', { key: bytes }, { key: bytes }],
    ['the same function', { check }, { check }],
    ['another order', { key: 1, cert: 2 }, { cert: 2, key: 1 }],
    ['an undefined option', { key: bytes, ca: undefined }, { key: bytes }],
    ['NaN', { key: Number.NaN }, { key: Number.NaN }],
    ['lists of the same', { ca: [bytes, 'b'] }, { ca: [bytes, 'b'] }],
    ['lists of objects of the same', { key: [{ pem: bytes }] }, { key: [{ pem: bytes, passphrase: undefined }] }],
    ['objects without a prototype', { a: Object.create(null) }, { a: {} }],
  ])('returns the cached value for %s', (_, one, other) => {
    const cache = new OptionsCache<number>(2);
    expect(cache.get(one, () => 1)).toBe(1);
    expect(cache.get(other, () => 2)).toBe(1);
  });

  it.each<[string, object, object]>([
    ['another string', { ciphers: 'A' }, { ciphers: 'B' }],
    ['a Buffer of the same bytes', { key: Buffer.from('a') }, { key: Buffer.from('a') }],
    ['another function', { check: () => 1 }, { check: () => 1 }],
    ['a missing option', { key: 1, cert: 2 }, { key: 1 }],
    ['one more option', { key: 1 }, { key: 1, cert: 2 }],
    ['another name', { key: 1 }, { cert: 1 }],
    ['a longer list', { ca: ['a'] }, { ca: ['a', 'b'] }],
    ['another order in a list', { ca: ['a', 'b'] }, { ca: ['b', 'a'] }],
    ['a list with another passphrase', { key: [{ passphrase: 'a' }] }, { key: [{ passphrase: 'b' }] }],
    ['a list for its only item', { ca: ['a'] }, { ca: 'a' }],
    ['null instead of an absent option', { ca: null }, {}],
    ['false instead of an absent option', { ca: false }, {}],
    ['objects of a class', { at: new Date(0) }, { at: new Date(0) }],
  ])('makes another value for %s', (_, one, other) => {
    const cache = new OptionsCache<number>(2);
    expect(cache.get(one, () => 1)).toBe(1);
    expect(cache.get(other, () => 2)).toBe(2);
    expect(cache.get(one, () => 3)).toBe(1);
  });

  it('makes another value after a list was changed', () => {
    const cache = new OptionsCache<number>(2);
    const ca = ['a'];
    cache.get({ ca }, () => 1);
    ca.push('b');
    expect(cache.get({ ca }, () => 2)).toBe(2);
    expect(cache.get({ ca: ['a'] }, () => 3)).toBe(1);
  });

  it('keeps a bounded number of values, and drops the least recently used one', () => {
    const cache = new OptionsCache<string>(2);
    const ask = (name: string, made: string) => cache.get({ name }, () => made);
    ask('a', 'first a');
    ask('b', 'first b');
    ask('a', '');
    ask('c', 'first c');
    expect([ask('a', 'second a'), ask('c', 'second c'), ask('b', 'second b')]).toEqual([
      'first a',
      'first c',
      'second b',
    ]);
    expect(ask('a', 'third a')).toBe('third a');
  });

  it('keeps nothing when making the value throws', () => {
    const cache = new OptionsCache<number>(2);
    const refuse = () => {
      throw new TypeError('no');
    };
    expect(() => cache.get({}, refuse)).toThrow('no');
    expect(cache.get({}, () => 1)).toBe(1);
  });

  it('handles options that contain themselves', () => {
    const cache = new OptionsCache<number>(2);
    const one: { self?: object } = {};
    one.self = one;
    expect(cache.get(one, () => 1)).toBe(1);
    expect(cache.get(one, () => 2)).toBe(1);
  });
});
