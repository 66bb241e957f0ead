// Proves that a skip ends at the first match to end, for any cut, and keeps almost nothing of the skipped bytes.
import * as fc from 'fast-check';
import { Needle } from '../../src/bytes/Needle';
import { PendingSkip } from '../../src/bytes/PendingSkip';
import { bytes, cutAt, cutsOf } from '../support/cuts';

/** The bytes after the match, with all later chunks; `undefined` without a match. */
function dropped(separators: string[], chunks: Buffer[]): string | undefined {
  const discarding = new PendingSkip(Needle.list(separators), 0);
  for (const [i, chunk] of chunks.entries()) {
    const rest = discarding.rest(chunk);
    if (rest !== undefined) return Buffer.concat([rest, ...chunks.slice(i + 1)]).toString();
  }
  return undefined;
}

describe('PendingSkip', () => {
  it.each<[string[], string, string | undefined]>([
    [['\n'], 'abc\ndef', 'def'],
    [['\n'], '\n', ''],
    [['\n'], 'abc', undefined],
    [['\r\n'], 'a\r\r\n\r\nb', '\r\nb'],
    [['\r\n'], 'a\n\r', undefined],
    [['aab'], 'aaaabaab', 'aab'],
    [['abcd', 'c'], 'xabcdc', 'dc'],
    [['c', 'abcd'], 'xabcdc', 'dc'],
    [['\n', '\r\n'], 'a\r\nb', 'b'],
    [['--', '-+', '\0'], 'a-b-+c', 'c'],
  ])('skips %j in %j', (separators, input, rest) => {
    for (const cut of cutsOf(bytes(input))) expect(dropped(separators, cut)).toBe(rest);
  });

  it('agrees with a plain search, for any separators, input and cuts', () => {
    const word = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength, maxLength });
    fc.assert(
      fc.property(
        fc.array(word(1, 4), { minLength: 1, maxLength: 3 }),
        word(0, 30),
        fc.array(fc.nat(30), { maxLength: 8 }),
        (separators, input, places) => {
          const ends = separators.flatMap((one) => (input.includes(one) ? [input.indexOf(one) + one.length] : []));
          const at = places.map((place) => Math.min(place, input.length)).sort((a, b) => a - b);
          const expected = ends.length === 0 ? undefined : input.slice(Math.min(...ends));
          expect(dropped(separators, cutAt(bytes(input), at))).toBe(expected);
        },
      ),
      { seed: 4, numRuns: 1000 },
    );
  });

  it('keeps at most the beginning of a separator, and no view of a chunk', () => {
    const discarding = new PendingSkip(Needle.list(['\r\n--', '\0']), 0);
    const chunk = Buffer.alloc(100_000, '\r');
    for (let i = 0; i < 100; i++) {
      expect(discarding.rest(chunk)).toBeUndefined();
      const { tail } = discarding as unknown as { tail: Buffer };
      expect(tail.length).toBe(3);
      expect(tail.buffer).not.toBe(chunk.buffer);
    }
    expect(`${discarding.rest(Buffer.from('\n--rest'))}`).toBe('rest');
  });
});
