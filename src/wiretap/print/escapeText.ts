/** Text that can be written to a terminal: control characters, and those that are not seen or turn the text around, as `\u{…}`. */
export function escapeText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${(one.codePointAt(0) as number).toString(16)}}`);
}
