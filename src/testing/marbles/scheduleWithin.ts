import type { SchedulerLike, Subscription } from 'rxjs';

/**
 * Runs a task later, unless something has ended by then.
 *
 * @param end - What may end; it does not keep what is done.
 * @param delay - In the frames or milliseconds of the scheduler.
 */
export function scheduleWithin(end: Subscription, scheduler: SchedulerLike, task: () => void, delay = 0): void {
  const action = scheduler.schedule(() => {
    end.remove(action);
    task();
  }, delay);
  end.add(action);
}
