import { TestScheduler } from 'rxjs/testing';
import { type Slow, SlowWatch } from '../../src/connection/SlowWatch';

/** What was told, and when. `set` begins a state, or ends it. */
function inVirtualTime(
  live: boolean,
  work: (set: (at: number, what: Slow, on: boolean) => void, stop: (at: number) => void) => void,
): { readonly told: unknown[]; readonly end: number } {
  const told: unknown[] = [];
  const scheduler = new TestScheduler(() => {});
  scheduler.run(() => {
    const since: { [what in Slow]?: number | undefined } = {};
    const watch = new SlowWatch(10, {
      live,
      sinceOf: (what) => since[what],
      tellSlow: (what) => told.push([what, scheduler.now()]),
    });
    const set = (at: number, what: Slow, on: boolean) =>
      scheduler.schedule(() => {
        since[what] = on ? at : undefined;
        if (on) watch.begins();
        else watch.ends();
      }, at);
    work(set, (at) => scheduler.schedule(() => watch.stop(), at));
  });
  return { told, end: scheduler.now() };
}

describe.each([true, false])('SlowWatch, live: %p', (live) => {
  it('tells each of the two once', () => {
    const { told } = inVirtualTime(live, (set) => {
      set(1, 'held', true);
      set(5, 'pressure', true);
      set(40, 'held', false);
    });
    expect(told).toEqual([
      ['held', 11],
      ['pressure', 15],
    ]);
  });

  it('does not tell what is over before, and counts from the last beginning', () => {
    const { told } = inVirtualTime(live, (set) => {
      set(1, 'held', true);
      set(9, 'held', false);
      set(9, 'held', true);
      set(2, 'pressure', true);
      set(11, 'pressure', false);
    });
    expect(told).toEqual([['held', 19]]);
  });

  it('tells the next one too', () => {
    const { told } = inVirtualTime(live, (set) => {
      set(1, 'held', true);
      set(20, 'held', false);
      set(30, 'held', true);
    });
    expect(told).toEqual([
      ['held', 11],
      ['held', 40],
    ]);
  });

  it('tells nothing after stop', () => {
    const { told } = inVirtualTime(live, (set, stop) => {
      set(1, 'held', true);
      stop(2);
    });
    expect(told).toEqual([]);
  });
});

describe('SlowWatch', () => {
  it('leaves no timer in virtual time when both are over', () => {
    const { end } = inVirtualTime(false, (set) => {
      set(1, 'held', true);
      set(3, 'pressure', true);
      set(4, 'held', false);
      set(5, 'pressure', false);
    });
    expect(end).toBe(5);
  });

  it('keeps no process alive', () => {
    const watch = new SlowWatch(60_000, { live: true, sinceOf: () => 0, tellSlow: () => {} });
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    watch.begins();
    expect(timers()).toBe(before);
    watch.stop();
  });
});
