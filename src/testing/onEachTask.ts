import type { TestScheduler } from 'rxjs/testing';

/**
 * Calls back before each task of virtual time. If the callback throws, the code that schedules the task gets the error.
 *
 * It watches the counter of RxJS's actions, and not `schedule`: a timer sets itself again without `schedule`.
 */
export function onEachTask(scheduler: TestScheduler, tell: () => void): void {
  let { index } = scheduler;
  Object.defineProperty(scheduler, 'index', {
    get: () => index,
    set: (next: number) => {
      // An action sets its number twice.
      if (next > index) tell();
      index = next;
    },
  });
}
