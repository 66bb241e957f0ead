// Proves that everything expires in its own time and nothing that is done does, with one timer for each timeout, which is gone
// when nothing is expected.
import { timer } from 'rxjs';
import { Deadlines, type Limited } from '../../src/connection/Deadlines';
import { runMarbles } from '../../src/testing';
import { activeResources, increasedKinds } from '../support/resources';

class Item implements Limited {
  deadline = 0;
  limited = true;
  constructor(
    private readonly name: string,
    private readonly deadlines: Deadlines,
    private readonly timeout: number,
    private readonly expired: string[],
  ) {
    deadlines.add(this, timeout);
  }

  expire(): void {
    this.expired.push(this.name);
    this.done();
  }

  done(): void {
    this.limited = false;
    this.deadlines.done(this.timeout);
  }
}

describe('Deadlines', () => {
  it('expires each in its own time, and none that is done', () => {
    const expired: string[] = [];
    runMarbles(() => {
      const deadlines = new Deadlines();
      const items = new Map<string, Item>();
      const add = (time: number, name: string, timeout: number) =>
        timer(time).subscribe(() => items.set(name, new Item(name, deadlines, timeout, expired)));
      add(0, 'a', 10);
      add(5, 'b', 10);
      add(6, 'c', 2);
      add(7, 'd', 10);
      add(20, 'e', 10);
      timer(9).subscribe(() => items.get('b')?.done());
      for (const [time, seen] of [
        [9, 'c'],
        [11, 'c a'],
        [16, 'c a'],
        [18, 'c a d'],
        [31, 'c a d e'],
      ] as const) {
        timer(time).subscribe(() => expect(`${time} ${expired.join(' ')}`).toBe(`${time} ${seen}`));
      }
    });
    expect(expired).toEqual(['c', 'a', 'd', 'e']);
  });

  it('never expires with a timeout of 0', () => {
    const expired: string[] = [];
    runMarbles(() => void new Item('a', new Deadlines(), 0, expired));
    expect(expired).toEqual([]);
  });

  it('forgets what is done, however many there were while one waits', () => {
    const deadlines = new Deadlines();
    const first = new Item('first', deadlines, 1000, []);
    for (let i = 0; i < 100_000; i++) new Item('x', deadlines, 1000, []).done();
    const { lanes } = deadlines as unknown as { lanes: Map<number, { all: unknown[] }> };
    expect(lanes.get(1000)?.all.length).toBeLessThan(200);
    first.done();
    deadlines.rest();
    expect(lanes.size).toBe(0);
  });

  it('leaves no timer when it rests', () => {
    const before = activeResources();
    const deadlines = new Deadlines();
    new Item('a', deadlines, 1000, []).done();
    deadlines.rest();
    expect(increasedKinds(before)).toEqual([]);
  });
});
