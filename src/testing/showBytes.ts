import { isUtf8 } from 'node:buffer';
import { hexDigits } from './hexDigits';

/** Characters that can't be read: control characters and the like, except the three with a well-known escape. */
const ILLEGIBLE = /(?![\t\n\r])[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Bytes as a literal of TypeScript: `'PING\r\n'` if they are text, else `` hex`00 2a` ``.
 *
 * @param most - If there are more bytes, only the first ones are shown, and how many there are.
 */
export function showBytes(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): string {
  if (bytes.length > most) return `${showBytes(bytes.subarray(0, edgeBefore(bytes, most)))}… (${bytes.length} bytes)`;
  if (isUtf8(bytes)) {
    const text = Buffer.from(bytes).toString();
    // JSON uses double quotes, the code single ones.
    if (!ILLEGIBLE.test(text)) {
      return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
    }
  }
  return `hex\`${hexDigits(bytes)}\``;
}

/** The last index up to `place` where a text may be cut: not inside a character. */
function edgeBefore(bytes: Uint8Array, place: number): number {
  let cut = place;
  while (cut > place - 4 && cut > 0 && ((bytes[cut] as number) & 0xc0) === 0x80) cut--;
  return cut;
}
