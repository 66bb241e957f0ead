/**
 * The offset of the first byte that makes a text invalid UTF-8, or -1 for valid text.
 *
 * Decoding replaces invalid bytes by U+FFFD. The first U+FFFD that is not in the bytes themselves is the place.
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
