// Proves how many connections may come in which time, with a clock of its own.
import { AcceptRate } from '../../src/net/AcceptRate';

describe('AcceptRate', () => {
  let now: number;
  let rate: AcceptRate;

  function make(perSecond: number): void {
    now = 1_000_000;
    rate = new AcceptRate(perSecond, () => now);
  }

  /** How many connections may come now. */
  function comeNow(key?: string): number {
    let count = 0;
    for (; rate.delay === 0 && count < 1000; count++) rate.take(key);
    return count;
  }

  it('lets the connections of one second come at once', () => {
    make(10);
    expect(comeNow()).toBe(10);
    expect(comeNow()).toBe(0);
  });

  it('lets one come for each part of a second that passes', () => {
    make(10);
    comeNow();
    now += 99;
    expect([comeNow(), rate.delay]).toEqual([0, 1]);
    now += 1;
    expect([comeNow(), rate.delay]).toEqual([1, 100]);
    now += 350;
    expect(comeNow()).toBe(3);
  });

  it('saves up no more than one second', () => {
    make(10);
    now += 60_000;
    expect(comeNow()).toBe(10);
  });

  it('adds nothing when the clock is set back, and goes on from there', () => {
    make(10);
    comeNow();
    now -= 60_000;
    expect(comeNow()).toBe(0);
    now += 100;
    expect(comeNow()).toBe(1);
  });

  it('says how many an address got in this second', () => {
    make(10);
    rate.take('192.0.2.1');
    rate.take('192.0.2.1');
    rate.take(undefined);
    expect([rate.recentOf('192.0.2.1'), rate.recentOf('192.0.2.2'), rate.recentOf(undefined)]).toEqual([2, 0, 0]);
    now += 1000;
    rate.take('192.0.2.2');
    expect(rate.recentOf('192.0.2.1')).toBe(0);
  });
});
