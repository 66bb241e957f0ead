/** Bytes as pairs of hexadecimal digits, with spaces between them: `00 2a`. */
export function hexDigits(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
