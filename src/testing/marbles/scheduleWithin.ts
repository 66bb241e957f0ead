import type { SchedulerLike, Subscription } from 'rxjs';

/**
 * Runs a task later, unless something has ended by then.
 *
 * @param end - The subscription that may end. It does not keep finished tasks.
 * @param delay - The delay in frames or milliseconds of the scheduler.
 */
export function scheduleWithin(end: Subscription, scheduler: SchedulerLike, task: () => void, delay = 0): void {
  const action = scheduler.schedule(() => {
    end.remove(action);
    task();
  }, delay);
  end.add(action);
}
