import type { ByteBuffer } from '../../bytes/ByteBuffer';

/**
 * Counts the bytes that a decoder looks at in a buffer, from now on: those that it takes or looks ahead at, again and again if it does so.
 * Searches are free: the buffer remembers how far they went.
 *
 * @returns How many so far.
 */
export function countLooks(buffer: ByteBuffer): () => number {
  let looked = 0;
  const { take, peek, look, at, readUInt } = buffer;
  const counting = <B extends { readonly length: number } | undefined>(bytes: B): B => {
    looked += bytes?.length ?? 0;
    return bytes;
  };
  const plus = <V>(bytes: number, value: V): V => {
    looked += bytes;
    return value;
  };
  Object.assign(buffer, {
    take: (n: number) => counting(take.call(buffer, n)),
    peek: (n: number, from?: number) => counting(peek.call(buffer, n, from)),
    look: (n: number, from: number) => counting(look.call(buffer, n, from)),
    at: (index: number) => plus(1, at.call(buffer, index)),
    readUInt: (offset: number, bytes: number, little?: boolean) =>
      plus(bytes, readUInt.call(buffer, offset, bytes, little)),
  });
  return () => looked;
}
