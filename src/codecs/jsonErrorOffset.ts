/**
 * Where a text stops being JSON: the place of the first character that can't stand there, or the text's length where the
 * end comes too early. For a text that is JSON, its length.
 *
 * `JSON.parse` does not always tell. What is open is kept in a list and not on the stack, so that depth is no danger.
 *
 *     value ──► "after" ──,──► value or key        key ──► : ──► value
 *                  └──] }──► "after" of what is around
 */
export function jsonErrorOffset(text: string): number {
  const open: ('[' | '{')[] = [];
  let expects: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'after' = 'value';
  let at = 0;
  for (;;) {
    at = skip(SPACE, text, at);
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
    } else if (expects.startsWith('key')) {
      const end = skip(STRING, text, at);
      if (end === at) return at;
      expects = 'colon';
      at = end;
    } else if (character === '[' || character === '{') {
      open.push(character);
      expects = character === '[' ? 'value or ]' : 'key or }';
      at++;
    } else {
      const end = skip(SCALAR, text, at);
      if (end === at) return at;
      expects = 'after';
      at = end;
    }
  }
}

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON names them
const STRING = /"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y;
const SCALAR = new RegExp(`${STRING.source}|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null`, 'y');

/** Where the match of `pattern` at `at` ends; `at` itself where there is none. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
