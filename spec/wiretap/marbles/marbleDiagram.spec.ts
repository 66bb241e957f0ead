// Proves that a diagram parses back to its events.
import * as fc from 'fast-check';
import { TestScheduler } from 'rxjs/testing';
import { marbleDiagram } from '../../../src/wiretap/marbles/marbleDiagram';
import { pickLetter } from '../../../src/wiretap/marbles/pickLetter';

/** The events that RxJS parses from a diagram: `'12 a'` for a letter at 12 ms. */
function read(diagram: string): string[] {
  const seen: string[] = [];
  const scheduler = new TestScheduler(() => {});
  scheduler.run(({ cold }) =>
    cold(diagram).subscribe({
      next: (letter) => seen.push(`${scheduler.now()} ${letter}`),
      error: () => seen.push(`${scheduler.now()} #`),
      complete: () => seen.push(`${scheduler.now()} |`),
    }),
  );
  return seen;
}

describe('marbleDiagram', () => {
  it.each<[string, [time: number, marbles: string][]]>([
    ['', []],
    ['a', [[0, 'a']]],
    [
      'a-b',
      [
        [0, 'a'],
        [2, 'b'],
      ],
    ],
    ['-----a', [[5, 'a']]],
    ['12ms a', [[12, 'a']]],
    [
      'a 12ms b-----c 1000ms (d|)',
      [
        [0, 'a'],
        [13, 'b'],
        [19, 'c'],
        [1020, 'd|'],
      ],
    ],
  ])('draws %p', (diagram, moments) => {
    expect(marbleDiagram(moments.map(([time, marbles]) => ({ time, marbles })))).toBe(diagram);
    expect(read(diagram)).toEqual(
      moments.flatMap(([time, marbles]) => [...marbles].map((marble) => `${time} ${marble}`)),
    );
  });

  it('parses back to the same events, for any times and letters', () => {
    const gap = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100_000 }));
    const entry = fc.tuple(gap, fc.integer({ min: 0, max: 74_000 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), fc.constantFrom('|', '#', ''), (entries, end) => {
        let time = -1;
        const moments = entries.map(([after, number]) => {
          time += after;
          return { time, marbles: pickLetter(number) };
        });
        const last = moments.at(-1);
        if (last !== undefined) last.marbles += end;
        const expected = moments.flatMap((moment) => [...moment.marbles].map((marble) => `${moment.time} ${marble}`));
        expect(read(marbleDiagram(moments))).toEqual(expected);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('pickLetter', () => {
  it('returns another single character for each number', () => {
    const letters = Array.from({ length: 74_936 }, (_, i) => pickLetter(i));
    expect(new Set(letters).size).toBe(letters.length);
    expect(letters.every((letter) => [...letter].length === 1)).toBe(true);
    // It is not a digit, not syntax, and does not join the character beside it.
    expect(letters.filter((letter) => !/^\p{L}$/u.test(letter))).toEqual([]);
    expect(letters.slice(0, 3).join('')).toBe('abc');
    expect(() => pickLetter(74_936)).toThrow(RangeError);
  });
});
