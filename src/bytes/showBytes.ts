import { isUtf8 } from 'node:buffer';
import { hexDigits } from './hexDigits';

/** Characters that can't be read: control characters and the like, except the three with a well-known escape. */
const ILLEGIBLE = /(?![\t\n\r])[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Bytes as an expression of TypeScript: `'PING\r\n'` if they are text, else `` hex`00 2a` ``.
 *
 * A few illegible bytes in a text are escaped: `'\x00\x04body'`. Text that is no UTF-8 is a `Buffer.from('…', 'latin1')`.
 *
 * @param most - If there are more bytes, only the first ones are shown, and how many there are.
 */
export function showBytes(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): string {
  if (bytes.length > most) return `${showBytes(bytes.subarray(0, edgeBefore(bytes, most)))}… (${bytes.length} bytes)`;
  const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
  const characters = [...Buffer.from(bytes).toString(encoding)];
  const illegible = new Set(characters.filter((one) => ILLEGIBLE.test(one) || (encoding === 'latin1' && one > '~')));
  const strange = illegible.size === 0 ? 0 : characters.filter((one) => illegible.has(one)).length;
  // More than half of it should be legible.
  if (strange > 0 && 2 * strange >= characters.length) return `hex\`${hexDigits(bytes)}\``;
  const text = characters.map((one) => (illegible.has(one) ? escaped(one, encoding) : (ESCAPES[one] ?? one))).join('');
  return encoding === 'utf8' ? `'${text}'` : `Buffer.from('${text}', 'latin1')`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

/** `\x00` is one byte. A character of several bytes is `\u{202e}`. */
function escaped(character: string, encoding: 'utf8' | 'latin1'): string {
  const code = character.codePointAt(0) as number;
  const digits = code.toString(16);
  return code < 0x80 || encoding === 'latin1' ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
}

/** The last index up to `place` where a text may be cut: not inside a character. */
function edgeBefore(bytes: Uint8Array, place: number): number {
  let cut = place;
  while (cut > place - 4 && cut > 0 && ((bytes[cut] as number) & 0xc0) === 0x80) cut--;
  return cut;
}
