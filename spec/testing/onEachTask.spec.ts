// Proves that each task of virtual time is reported, for any way to schedule it, and that an error thrown then ends the
// run.
import { interval, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { onEachTask } from '../../src/testing/onEachTask';

describe('onEachTask', () => {
  function tasksOf(start: (scheduler: TestScheduler) => void, most = Number.POSITIVE_INFINITY): number {
    let tasks = 0;
    const scheduler = new TestScheduler(() => {});
    onEachTask(scheduler, () => {
      if (++tasks > most) throw new Error('too many');
    });
    scheduler.run(() => start(scheduler));
    return tasks;
  }

  it('is called for each task, and changes nothing', () => {
    const seen: number[] = [];
    const tasks = tasksOf((scheduler) => {
      timer(5, scheduler).subscribe(() => seen.push(scheduler.now()));
      scheduler.schedule(() => seen.push(scheduler.now()), 3);
    });
    expect(tasks).toBe(2);
    expect(seen).toEqual([3, 5]);
  });

  it.each<[string, (scheduler: TestScheduler) => void]>([
    ['in the time of a `run`', () => interval(1000).subscribe()],
    ['with the scheduler itself, which repeats it', (scheduler) => interval(1000, scheduler).subscribe()],
    [
      'that reschedules itself',
      (scheduler) =>
        scheduler.schedule(function () {
          this.schedule(undefined, 10);
        }, 10),
    ],
  ])('is called repeatedly for a timer %s', (_, start) => {
    expect(() => tasksOf(start, 1000)).toThrow('too many');
  });
});
