import { Holders } from '../../src/observing/Holders';

describe('Holders', () => {
  it('knows since when there has been a hold without a break', () => {
    const holders = new Holders();
    expect(holders.since).toBeUndefined();
    holders.add('a', 10);
    holders.add('b', 20);
    holders.remove('a');
    expect(holders.since).toBe(10);
    holders.remove('b');
    expect(holders.since).toBeUndefined();
    holders.add('b', 30);
    expect(holders.since).toBe(30);
  });

  it('names each that holds, the oldest first', () => {
    const holders = new Holders();
    for (const name of ['a', 'b', 'a', 'c']) holders.add(name, 0);
    expect(holders.list).toEqual(['a', 'b', 'c']);
    holders.remove('a');
    expect(holders.list).toEqual(['b', 'a', 'c']);
    holders.remove('b');
    expect(holders.list).toEqual(['a', 'c']);
    holders.remove('c');
    holders.remove('a');
    expect(holders.list).toEqual([]);
  });
});
