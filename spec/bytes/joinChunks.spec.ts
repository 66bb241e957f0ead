// Proves that chunks leave in order and complete, for any mixture of small, large, text and bytes.
import { joinChunks } from '../../src/bytes/joinChunks';
import { bytesIn } from '../support/bytesIn';

const SMALL = 8 * 1024;
const large = Buffer.alloc(SMALL + 1, 'L');
const small = Buffer.alloc(SMALL, 's');

const join = (...chunks: (Uint8Array | string)[]) => joinChunks(chunks, chunks.map(bytesIn));

describe('joinChunks', () => {
  it.each<[string, (Uint8Array | string)[], number]>([
    ['nothing', [], 0],
    ['one small chunk', [small], 1],
    ['one string', ['a'], 1],
    ['small chunks', [small, small, small], 1],
    ['strings and small chunks', ['a', small, 'b'], 1],
    ['strings of more bytes than characters', ['é', '€', '𝄞', '\ud800', 'x'], 1],
    ['a long string among short ones', ['a', 'x'.repeat(SMALL * 3), 'b'], 1],
    ['one large chunk', [large], 1],
    ['large chunks', [large, large], 2],
    ['small ones before, between and after large ones', ['a', 'b', large, 'c', 'd', large, 'e', 'f'], 5],
    ['a single small one between large ones', [large, small, large], 3],
  ])('keeps the order and the bytes: %s', (_, chunks, pieces) => {
    const joined = join(...chunks);
    expect(joined).toHaveLength(pieces);
    expect(Buffer.concat(joined).equals(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string))))).toBe(true);
  });

  it('passes on a large or single chunk without a copy', () => {
    expect(join('a', large)[1]).toBe(large);
    expect(join(small)[0]).toBe(small);
  });

  it('accepts any Uint8Array, and uses only the part that a view shows', () => {
    const view = new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3);
    expect(Buffer.concat(join(view, new Uint8Array([9])))).toEqual(Buffer.from([1, 2, 9]));
  });
});
