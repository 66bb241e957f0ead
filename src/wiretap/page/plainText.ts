/**
 * Text from the wire as it may be shown. What changes the look of other text or can't be seen is named: control characters, the
 * separators of lines U+2028 and U+2029, marks of direction, and spaces without width. The end of a line stays one.
 */
export function plainText(text: string): string {
  return text
    .replaceAll('\r\n', '↵\n')
    .replace(/(?<!↵)\n/g, '⟨LF⟩\n')
    .replaceAll('\r', '⟨CR⟩')
    .replace(INVISIBLE, (character) => `⟨U+${hex(character.charCodeAt(0))}⟩`);
}

// Written as ranges of numbers: a source file has no such characters.
const INVISIBLE = new RegExp(
  `[${[
    [0x00, 0x09],
    [0x0b, 0x1f],
    [0x7f, 0x9f],
    [0xad, 0xad],
    [0x061c, 0x061c],
    [0x200b, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
    [0xfeff, 0xfeff],
  ]
    .map((range) => range.map((code) => `\\u${hex(code)}`).join('-'))
    .join('')}]`,
  'g',
);

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}
