import { isUtf8 } from 'node:buffer';
import { hexDigits } from './hexDigits';

/** What no eye can tell: control characters and the like, but for the three that have an escape everybody knows. */
const ILLEGIBLE = /(?![\t\n\r])[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Bytes as a literal of TypeScript: `'PING\r\n'` where they are text, `` hex`00 2a` `` where they are not.
 *
 * @param most - Of more bytes than that only the first are shown, and how many there are.
 */
export function showBytes(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): string {
  if (bytes.length > most) return `${showBytes(bytes.subarray(0, edgeBefore(bytes, most)))}… (${bytes.length} bytes)`;
  if (isUtf8(bytes)) {
    const text = Buffer.from(bytes).toString();
    // A literal has double quotes in JSON, and single ones in code.
    if (!ILLEGIBLE.test(text)) {
      return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
    }
  }
  return `hex\`${hexDigits(bytes)}\``;
}

/** Where a text may be cut, at a place or a little before it: not inside a character. */
function edgeBefore(bytes: Uint8Array, place: number): number {
  let cut = place;
  while (cut > place - 4 && cut > 0 && ((bytes[cut] as number) & 0xc0) === 0x80) cut--;
  return cut;
}
