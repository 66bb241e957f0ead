import { byteByByte } from '../../src/testing/decoders/byteByByte';
import { cutAt } from '../../src/testing/decoders/cutAt';
import { everyCut } from '../../src/testing/decoders/everyCut';
import { seededCuts } from '../../src/testing/decoders/seededCuts';

export { byteByByte, cutAt, everyCut, seededCuts };

/** The bytes of a text, in their own memory. */
export function bytes(text: string, encoding: BufferEncoding = 'utf8'): Buffer {
  return Buffer.from(new Uint8Array(Buffer.from(text, encoding)).buffer);
}

/** Chunks of `size` bytes, and the rest. */
export function everyNth(whole: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let i = 0; i < whole.length; i += size) chunks.push(whole.subarray(i, i + size));
  return chunks;
}

/** Every cut of a short input; a long one at once, byte by byte, in two at each byte, and with seeded cuts. */
export function cutsOf(whole: Buffer, count = 60): Buffer[][] {
  if (whole.length <= 11) return everyCut(whole);
  const inTwo = Array.from({ length: Math.min(whole.length - 1, 200) }, (_, i) => cutAt(whole, [i + 1]));
  return [[whole], byteByByte(whole), ...inTwo, ...seededCuts(whole, count)];
}
