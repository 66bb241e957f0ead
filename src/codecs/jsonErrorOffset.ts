/**
 * Where a text stops being JSON: the index of the first wrong character, or the length of the text if it ends too early. For
 * valid JSON, its length.
 *
 * `JSON.parse` does not always say where. Open brackets are in a list and not on the call stack, so depth is no danger.
 *
 *     value ──► "after" ──,──► value or key        key ──► : ──► value
 *                  └──] }──► "after" of the outer value
 */
export function jsonErrorOffset(text: string): number {
  const open: ('[' | '{')[] = [];
  let expects: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'after' = 'value';
  let at = 0;
  for (;;) {
    at = past(SPACE, text, at);
    if (at === text.length) return at;
    const character = text[at];
    const around = open[open.length - 1];
    if (expects === 'colon') {
      if (character !== ':') return at;
      expects = 'value';
      at++;
    } else if (character === ']' || character === '}') {
      const closes = character === ']' ? around === '[' && expects !== 'value' : around === '{' && expects !== 'key';
      if (!closes || (expects !== 'after' && !expects.endsWith(character))) return at;
      open.pop();
      expects = 'after';
      at++;
    } else if (expects === 'after') {
      if (character !== ',' || around === undefined) return at;
      expects = around === '[' ? 'value' : 'key';
      at++;
    } else if (!expects.startsWith('key') && (character === '[' || character === '{')) {
      open.push(character);
      expects = character === '[' ? 'value or ]' : 'key or }';
      at++;
    } else {
      const isKey = expects.startsWith('key');
      const { end, whole } = isKey && character !== '"' ? { end: at, whole: false } : scalar(text, at);
      if (!whole) return end;
      expects = isKey ? 'colon' : 'after';
      at = end;
    }
  }
}

const SPACE = /[ \t\r\n]*/y;
// The longest valid beginning of a string's characters, or of a number, finished or not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON names them
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{0,4})?/y;
const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE](?:[+-]?\d*))?)?|[eE](?:[+-]?\d*))?)?/y;

/** Where the string, number or word that starts at `at` ends, and whether it is whole. */
function scalar(text: string, at: number): { end: number; whole: boolean } {
  if (text[at] === '"') return string(text, at);
  for (const word of ['true', 'false', 'null']) {
    if (text[at] !== word[0]) continue;
    let length = 1;
    while (length < word.length && text[at + length] === word[length]) length++;
    return { end: at + length, whole: length === word.length };
  }
  const end = past(NUMBER, text, at);
  return { end, whole: /\d/.test(text[end - 1] ?? '') && end > at };
}

function string(text: string, at: number): { end: number; whole: boolean } {
  let end = at + 1;
  for (;;) {
    end = past(PLAIN, text, end);
    if (text[end] === '"') return { end: end + 1, whole: true };
    if (text[end] !== '\\') return { end, whole: false };
    const escapeEnd = past(ESCAPE, text, end);
    const length = escapeEnd - end;
    if (length !== (text[end + 1] === 'u' ? 6 : 2)) return { end: escapeEnd, whole: false };
    end = escapeEnd;
  }
}

/** Where the match of `pattern` at `at` ends. Each pattern matches the empty text too. */
function past(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
