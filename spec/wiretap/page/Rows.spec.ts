import { Rows } from '../../../src/wiretap/page/Rows';
import type { PageNews } from '../../../src/wiretap/ui/PageMessage';

const about = { client: 'a', target: 'b', openedAt: 5_000, side: 'client' } as const;
const apply = (rows: Rows, ...news: PageNews[]) => rows.apply({ now: 0, news });

describe('Rows', () => {
  it('takes what is new once, in whatever order a lost link repeats it', () => {
    const rows = new Rows();
    apply(rows, {
      id: 7,
      about,
      marks: [
        [0, 0, 0, 0],
        [1, 5, 2, 10, 'x'],
      ],
    });
    apply(rows, {
      id: 7,
      about,
      marks: [
        [1, 5, 2, 10, 'x'],
        [2, 9, 1, 20, 'y'],
      ],
    });
    const row = rows.byId.get(7)!;
    expect(row.all().map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(row.lanes.map(({ bytes }) => bytes)).toEqual([10, 20]);
    expect([rows.events, rows.bytes, rows.positions()]).toEqual([3, 30, '7.3']);
  });

  it('has one zero: when its first connection was opened', () => {
    const rows = new Rows();
    apply(rows, { id: 1, about: { ...about, openedAt: 7_000 }, marks: [] }, { id: 2, about, marks: [] });
    apply(rows, { id: 3, about: { ...about, openedAt: 4_000 }, marks: [] });
    expect([...rows.byId.values()].map(({ firstTime }) => firstTime)).toEqual([2_000_000, 0, -1_000_000]);
  });

  it('counts all events of a band, and forgets connections that are gone', () => {
    const rows = new Rows();
    apply(rows, { id: 1, about, marks: [[4, 0, -98, 500, 50, 4_000, 60]] });
    expect([rows.events, rows.positions()]).toEqual([50, '1.61']);
    rows.apply({ now: 0, news: [], gone: [1] });
    expect(rows.positions()).toBe('');
  });

  it('keeps a bounded number of marks: the longest connection forgets its oldest', () => {
    const rows = new Rows();
    apply(rows, { id: 1, about, marks: [[0, 0, 2, 1]] });
    for (let from = 0; from < 900_000; from += 10_000) {
      apply(rows, {
        id: 2,
        about,
        marks: Array.from({ length: 10_000 }, (_, i) => [from + i, from + i, 2, 1] as const),
      });
    }
    expect(rows.byId.get(1)!.size).toBe(1);
    expect(rows.byId.get(2)!.size).toBeLessThan(400_000);
    expect(rows.byId.get(2)!.size).toBeGreaterThan(200_000);
    expect(rows.events).toBe(900_001);
  });
});
