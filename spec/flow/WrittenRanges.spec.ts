// Proves that ranges of a shared writer's bytes are counted exactly, with any bytes between them and wherever the
// kernel stops.
import { WrittenRanges } from '../../src/flow/WrittenRanges';
import { random } from '../../src/testing/random';

describe('WrittenRanges', () => {
  it.each<[title: string, ranges: [number, number][], at: [position: number, count: number, more: boolean][]]>([
    ['nothing', [], [[10, 0, false]]],
    ['unwritten bytes', [[5, 8]], [[5, 0, false]]],
    [
      'a part',
      [[5, 8]],
      [
        [6, 1, true],
        [6, 1, false],
        [8, 3, true],
        [9, 3, false],
      ],
    ],
    [
      'ranges side by side',
      [
        [0, 2],
        [2, 4],
      ],
      [
        [3, 3, true],
        [4, 4, true],
      ],
    ],
    [
      'ranges with a gap',
      [
        [0, 2],
        [4, 6],
      ],
      [
        [3, 2, true],
        [4, 2, false],
        [5, 3, true],
        [9, 4, true],
      ],
    ],
    [
      'all at once',
      [
        [0, 2],
        [4, 6],
        [7, 9],
      ],
      [[100, 6, true]],
    ],
    [
      'no empty ranges',
      [
        [0, 0],
        [3, 3],
      ],
      [[10, 0, false]],
    ],
  ])('counts %s', (_, ranges, at) => {
    const written = new WrittenRanges();
    for (const [from, to] of ranges) written.add(from, to);
    for (const [position, count, more] of at) {
      expect([written.advance(position), written.count]).toEqual([more, count]);
    }
    const last = at.at(-1) as [number, number, boolean];
    expect(written.pending).toBe(ranges.some(([from, to]) => to > from && to > last[0]));
  });

  it('counts bytes added after an advance, next to the written ones and further on', () => {
    const written = new WrittenRanges();
    written.add(0, 3);
    written.advance(2);
    written.add(3, 5);
    expect([written.advance(5), written.count, written.pending]).toEqual([true, 5, false]);
    written.add(7, 9);
    expect([written.pending, written.advance(9), written.count]).toEqual([true, true, 7]);
  });

  it('counts seeded ranges at seeded positions like a plain array of bytes', () => {
    for (let seed = 0; seed < 50; seed++) {
      const below = random(seed);
      const written = new WrittenRanges();
      const mine: boolean[] = [];
      let position = 0;
      for (let step = 0; step < 100; step++) {
        const [size, own] = [below(5), below(2) === 0];
        if (own) written.add(mine.length, mine.length + size);
        for (let i = 0; i < size; i++) mine.push(own);
        position += below(mine.length - position + 1);
        written.advance(position);
        expect(written.count).toBe(mine.slice(0, position).filter(Boolean).length);
        expect(written.pending).toBe(mine.slice(position).includes(true));
      }
    }
  });

  it('counts 200,000 ranges in linear time', () => {
    const written = new WrittenRanges();
    for (let at = 0; at < 400_000; at += 2) written.add(at, at + 1);
    written.advance(400_000);
    expect(written.count).toBe(200_000);
  });
});
