/**
 * Where the first byte is that makes a text invalid UTF-8, or -1 for valid text.
 *
 * Decoding puts U+FFFD for what is invalid; the first one that the bytes do not spell out themselves is the place.
 */
export function utf8ErrorOffset(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
  return -1;
}
