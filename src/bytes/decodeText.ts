import { isAscii, isUtf8, transcode } from 'node:buffer';

/** Below so many bytes it takes longer to look for a faster way than to go the usual one. */
const LARGE = 512;

/**
 * Decodes bytes as `buffer.toString` does, long text in UTF-8 several times faster.
 *
 * Measured on Node 20, for each byte: `toString` 0.07 ns where all is ASCII, and 1.2 to 3.3 ns where it is not; by way of
 * UTF-16, which `transcode` makes with wide instructions, 0.2 to 0.4 ns. That way says nothing of bytes that are not
 * UTF-8, so they are looked for first (0.03 ns). Its text takes two bytes a character, as other text that is not Latin does.
 *
 * @param start - The first byte.
 * @param end - Behind the last one.
 */
export function decodeText(bytes: Buffer, encoding: BufferEncoding, start: number, end: number): string {
  if (end - start < LARGE || (encoding !== 'utf8' && encoding !== 'utf-8')) return bytes.toString(encoding, start, end);
  const part = bytes.subarray(start, end);
  if (isAscii(part)) return part.toString('latin1');
  // A Node without ICU has no `transcode`.
  if (typeof transcode !== 'function' || !isUtf8(part)) return part.toString(encoding);
  return transcode(part, 'utf8', 'utf16le').toString('utf16le');
}
