import { asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { concatMapPausing, StreamReader } from '../../src';
import { Holders } from '../../src/reading/Holders';

const endOfTurn = () => new Promise<void>(process.nextTick);

describe('Holders', () => {
  let told: boolean[];
  let clock: jest.SpyInstance<number>;
  let holders: Holders;

  beforeEach(() => {
    told = [];
    holders = new Holders({ holdObserver: { onHeld: (on) => told.push(on) } });
    clock = jest.spyOn(asyncScheduler, 'now').mockReturnValue(10);
  });

  afterEach(() => clock.mockRestore());

  it('knows since when there has been a hold without a break', () => {
    expect(holders.since).toBeUndefined();
    holders.add('a', false);
    clock.mockReturnValue(20);
    holders.add('b', false);
    holders.remove('a');
    expect(holders.since).toBe(10);
    holders.remove('b');
    expect(holders.since).toBeUndefined();
    clock.mockReturnValue(30);
    holders.add('b', false);
    expect(holders.since).toBe(30);
  });

  it('names each that holds, the oldest first', () => {
    for (const name of ['a', 'b', 'a', 'c']) holders.add(name, true);
    expect(holders.list).toEqual(['a', 'b', 'c']);
    holders.remove('a');
    expect(holders.list).toEqual(['b', 'a', 'c']);
    holders.remove('b');
    expect(holders.list).toEqual(['a', 'c']);
    holders.remove('c');
    holders.remove('a');
    expect(holders.list).toEqual([]);
  });

  it('reads no clock and tells nobody of holds that end within their turn', async () => {
    for (let i = 0; i < 100; i++) {
      holders.add('a', true);
      holders.remove('a');
    }
    await endOfTurn();
    expect(clock).not.toHaveBeenCalled();
    expect(told).toEqual([]);
  });

  it('reads the clock at the end of the turn for a hold that is left, and tells of it and of its end', async () => {
    holders.add('a', true);
    holders.remove('a');
    holders.add('b', true);
    expect(told).toEqual([]);
    await endOfTurn();
    clock.mockReturnValue(20);
    expect(holders.since).toBe(10);
    expect(told).toEqual([true]);
    holders.remove('b');
    expect(told).toEqual([true, false]);
    holders.add('c', true);
    await endOfTurn();
    expect(holders.since).toBe(20);
    expect(told).toEqual([true, false, true]);
  });

  it('a question within the turn gets the time of the first question', async () => {
    holders.add('a', true);
    expect(holders.since).toBe(10);
    clock.mockReturnValue(20);
    expect(holders.since).toBe(10);
    await endOfTurn();
    expect(holders.since).toBe(10);
    expect(told).toEqual([true]);
  });

  it('reads the clock at once, and tells at once, where virtual time may pass within the turn', () => {
    holders.add('a', false);
    expect(clock).toHaveBeenCalledTimes(1);
    expect(told).toEqual([true]);
  });
});

describe('the time of a hold in virtual time', () => {
  it('is right, also if it is asked for later in the same turn of the event loop', () => {
    new TestScheduler(() => {}).run(({ cold, flush }) => {
      const reader = StreamReader.from(cold('--a', { a: Buffer.from('line\n') }));
      reader.pipe(concatMapPausing(() => cold('-----|'))).subscribe();
      const seen: unknown[] = [];
      cold('----(a|)').subscribe(() => seen.push(reader.toJSON().heldSince));
      flush();
      expect(seen).toEqual([2]);
    });
  });
});
