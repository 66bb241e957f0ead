import { random } from './random';

/** Bytes of a text, in memory of their own. */
export function bytes(text: string, encoding: BufferEncoding = 'utf8'): Buffer {
  return Buffer.from(new Uint8Array(Buffer.from(text, encoding)).buffer);
}

/** All 2^(n-1) ways of cutting `whole` into chunks that are not empty. */
export function everyCut(whole: Buffer): Buffer[][] {
  const cuts: Buffer[][] = [];
  for (let mask = 0; mask < 2 ** Math.max(0, whole.length - 1); mask++) {
    const at: number[] = [];
    for (let i = 1; i < whole.length; i++) if ((mask >> (i - 1)) & 1) at.push(i);
    cuts.push(cutAt(whole, at));
  }
  return cuts;
}

/** `count` cuts of `whole`, coarse and fine ones, the same for the same seed; empty chunks may be among them. */
export function seededCuts(whole: Buffer, count: number, seed = 1): Buffer[][] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const longest = 1 + next(1 + next(whole.length + 1));
    const at: number[] = [];
    for (let i = next(longest + 1); i < whole.length; i += next(longest + 1)) at.push(i);
    return cutAt(whole, at.slice(0, 4 * whole.length));
  });
}

/** One byte a chunk. */
export function byteByByte(whole: Buffer): Buffer[] {
  return cutAt(
    whole,
    Array.from({ length: whole.length }, (_, i) => i),
  ).slice(1);
}

/** Chunks of `size` bytes, and what is left. */
export function everyNth(whole: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let i = 0; i < whole.length; i += size) chunks.push(whole.subarray(i, i + size));
  return chunks;
}

/** Every cut of a short input; of a long one all at once, byte by byte, in two at each byte, and seeded cuts. */
export function cutsOf(whole: Buffer, count = 60): Buffer[][] {
  if (whole.length <= 11) return everyCut(whole);
  const inTwo = Array.from({ length: Math.min(whole.length - 1, 200) }, (_, i) => cutAt(whole, [i + 1]));
  return [[whole], byteByByte(whole), ...inTwo, ...seededCuts(whole, count)];
}

/** `whole`, cut before each of these places. */
export function cutAt(whole: Buffer, places: number[]): Buffer[] {
  const edges = [0, ...places, whole.length];
  return edges.slice(1).map((end, i) => whole.subarray(edges[i], end));
}
