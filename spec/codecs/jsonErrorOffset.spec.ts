// Proves that the offset is where JSON stops being possible: with a table, and with JSON.parse on damaged texts.
import * as fc from 'fast-check';
import { jsonErrorOffset } from '../../src/codecs/jsonErrorOffset';

/** `^` marks the first character that is impossible. */
const TEXTS = String.raw`
^
  ^
^x
^}
^]
^,
tru^
tru^X
tru^E
nul^
-^
-^x
-^-1
0^1
1.^
1.^e5
1e^
1e+^
1e+^x
1.5e-7^x
12 ^3
^+1
^.5
^'a'
"^
"a^
"\^
"\^x"
"\u00^
"\u00^g0"
"a"^b"
[^
[1^
[1,^
[1,^]
[1 ^2]
[1^}
[^}
[^,1]
[]^]
[1]^,
{^
{^1
{^]
{"a"^
{"a"^,
{"a":^
{"a":^}
{"a":1^
{"a":1,^
{"a":1,^}
{"a":1^:
{"a":1^]
{"a" :^:
{}^{}
[{"a":[true^
[[[[^x
{"a":{"b":[1,{"c":nul^x`;

describe('jsonErrorOffset', () => {
  it.each(TEXTS.split('\n').slice(1))('returns the offset of the error: %s', (marked) => {
    expect(jsonErrorOffset(marked.replace('^', ''))).toBe(marked.indexOf('^'));
  });

  it('returns the offset of a control character in a string', () => {
    expect(jsonErrorOffset('["a\u0001b"]')).toBe(3);
    expect(jsonErrorOffset('"a\tb"')).toBe(2);
    expect(jsonErrorOffset('"a\u007f\u2028"')).toBe(5);
  });

  it('returns the length of valid JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonErrorOffset(text)).toBe(text.length);
      }),
      { seed: 4 },
    );
  });

  it('rejects a damaged text exactly when JSON.parse does, at the offset where nothing can follow', () => {
    let damaged = 0;
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ...'{}[],:"x0-.e\\t '), (json, at, character) => {
        const place = at % (json.length + 1);
        const text = json.slice(0, place) + character + json.slice(place + 1);
        const offset = jsonErrorOffset(text);
        if (isJson(text)) {
          expect(offset).toBe(text.length);
          return;
        }
        damaged++;
        // The text before could still become JSON; with the character at the offset it could not.
        expect(canGoOn(text.slice(0, offset))).toBe(true);
        if (offset < text.length) expect(canGoOn(text.slice(0, offset + 1))).toBe(false);
      }),
      { seed: 4, numRuns: 2000 },
    );
    expect(damaged).toBeGreaterThan(500);
  });

  it('copes with any depth and length', () => {
    expect(jsonErrorOffset(`${'['.repeat(1_000_000)}x`)).toBe(1_000_000);
    expect(jsonErrorOffset(`${'{"a":'.repeat(200_000)}x`)).toBe(1_000_000);
    expect(jsonErrorOffset(`["${'x'.repeat(10_000_000)}",]`)).toBe(10_000_004);
    expect(jsonErrorOffset(`["${'\\n'.repeat(1_000_000)}",]`)).toBe(2_000_004);
    expect(jsonErrorOffset(`${'1'.repeat(1_000_000)}x`)).toBe(1_000_000);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a text that begins like this can be JSON: some continuation of its last token makes JSON.parse miss only the
 * rest.
 */
function canGoOn(text: string): boolean {
  const middles = [
    '',
    '0',
    '"',
    'n"',
    '0"',
    '00"',
    '000"',
    '0000"',
    'rue',
    'ue',
    'e',
    'alse',
    'lse',
    'se',
    'ull',
    'll',
    'l',
  ];
  return middles.some((middle) => lacksOnlyTheRest(text + middle));
}

function lacksOnlyTheRest(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    if (/Unexpected end|Unterminated string/.test(message)) return true;
    // A complete value in an array or object: a comma or a bracket is missing.
    return Number(/^Expected .* at position (\d+)/.exec(message)?.[1] ?? -1) >= text.length;
  }
}
