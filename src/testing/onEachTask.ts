import type { TestScheduler } from 'rxjs/testing';

/**
 * Calls back before each task of virtual time: what it throws reaches the code that schedules the task.
 *
 * RxJS numbers its actions, and that is where they are seen: a timer that is given the scheduler sets itself anew, past
 * `schedule`.
 */
export function onEachTask(scheduler: TestScheduler, tell: () => void): void {
  let { index } = scheduler;
  Object.defineProperty(scheduler, 'index', {
    get: () => index,
    set: (next: number) => {
      // An action says its number twice.
      if (next > index) tell();
      index = next;
    },
  });
}
