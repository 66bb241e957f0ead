// Proves that the place is where JSON stops being possible: against a table, and against JSON.parse on damaged texts.
import * as fc from 'fast-check';
import { jsonErrorOffset } from '../../src/codecs/jsonErrorOffset';

/** `^` stands before the first character that can't be there. */
const TEXTS = String.raw`
^
  ^
^x
^}
^]
^,
tru^
tru^X
truE^ → tru^E
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
12^ 3 → 12 ^3
^+1
^.5
^'a'
"^
"a^
"\^
"\^x"
"\u00^
"\u00^g0"
"a"^b" → "a"^b"
[^
[1^
[1,^
[1,^]
[1^ 2] → [1 ^2]
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
[{"a":[tr^ue → [{"a":[true^
[[[[^x
{"a":{"b":[1,{"c":nul^x`;

describe('jsonErrorOffset', () => {
  it.each(
    TEXTS.split('\n')
      .slice(1)
      .map((line) => line.split(' → ').at(-1)!),
  )('%s', (marked) => {
    expect(jsonErrorOffset(marked.replace('^', ''))).toBe(marked.indexOf('^'));
  });

  it('is the place of a control character in a string', () => {
    expect(jsonErrorOffset('["a\u0001b"]')).toBe(3);
    expect(jsonErrorOffset('"a\tb"')).toBe(2);
    expect(jsonErrorOffset('"a\u007f\u2028"')).toBe(5);
  });

  it('is the length of a text that is JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonErrorOffset(text)).toBe(text.length);
      }),
      { seed: 4 },
    );
  });

  it('says of a damaged text what JSON.parse says of it, and where nothing could follow', () => {
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
        // What stands before could still become JSON, and with the character at the place it could not.
        expect(canGoOn(text.slice(0, offset))).toBe(true);
        if (offset < text.length) expect(canGoOn(text.slice(0, offset + 1))).toBe(false);
      }),
      { seed: 4, numRuns: 2000 },
    );
    expect(damaged).toBeGreaterThan(500);
  });

  it('takes depth and length as they come', () => {
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

/** Whether JSON.parse complains of nothing but the end of the text: asked by what it says of the text and a few ends. */
function canGoOn(text: string): boolean {
  const message = (candidate: string) => {
    try {
      JSON.parse(candidate);
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const endings = [
    '',
    '0',
    '"',
    '0"',
    '00"',
    '000"',
    '0000"',
    'n"',
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
  return endings.some(
    (ending) =>
      /none|Unexpected end|Unterminated string/.test(message(`${text}${ending}`)) ||
      afterIsOpen(text + ending, message),
  );
}

/** A value inside an array or object is whole, so that only a comma or a bracket lacks. */
function afterIsOpen(text: string, message: (text: string) => string): boolean {
  return /(after|Expected) .*at position (\d+)/.test(message(text)) && positionOf(message(text)) >= text.length;
}

function positionOf(message: string): number {
  return Number(/at position (\d+)/.exec(message)?.[1] ?? -1);
}
