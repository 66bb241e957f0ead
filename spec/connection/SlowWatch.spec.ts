import { TestScheduler } from 'rxjs/testing';
import { SlowWatch } from '../../src/connection/SlowWatch';

/** What was told, and when. */
function inVirtualTime(work: (watch: SlowWatch, at: (time: number, task: () => void) => void) => void): unknown[] {
  const told: unknown[] = [];
  const scheduler = new TestScheduler(() => {});
  scheduler.run(() => {
    const watch = new SlowWatch(10, (what) => told.push([what, scheduler.now()]));
    work(watch, (time, task) => scheduler.schedule(task, time));
  });
  expect(scheduler.actions).toEqual([]);
  return told;
}

describe('SlowWatch', () => {
  it('tells each of the two once', () => {
    const told = inVirtualTime((watch, at) => {
      watch.begins('held');
      at(5, () => watch.begins('pressure'));
    });
    expect(told).toEqual([
      ['held', 10],
      ['pressure', 15],
    ]);
  });

  it('does not tell what is over before, and counts from the last beginning', () => {
    const told = inVirtualTime((watch, at) => {
      watch.begins('held');
      at(9, () => watch.ends('held'));
      at(9, () => watch.begins('held'));
      watch.begins('pressure');
      at(9, () => watch.ends('pressure'));
    });
    expect(told).toEqual([['held', 19]]);
  });

  it('tells nothing after stop', () => {
    const told = inVirtualTime((watch, at) => {
      watch.begins('held');
      watch.begins('pressure');
      at(1, () => watch.stop());
    });
    expect(told).toEqual([]);
  });

  it('keeps no process alive', () => {
    const watch = new SlowWatch(60_000, () => {});
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    watch.begins('held');
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
    watch.stop();
  });
});
