import type { VirtualTimeScheduler } from 'rxjs';

/**
 * Makes a scheduler put each new task in its place, where RxJS sorts all of them each time: that takes a minute for a diagram of 20,000
 * marbles, and a tenth of the time of a simulation.
 */
export function insertTasks({ actions }: VirtualTimeScheduler): void {
  Object.defineProperty(actions, 'sort', {
    value(this: typeof actions, compare: (one: unknown, other: unknown) => number) {
      // Only the last one is new.
      const task = this[this.length - 1];
      let at = this.length - 1;
      for (; at > 0 && compare(this[at - 1], task) > 0; at--) this[at] = this[at - 1] as (typeof this)[number];
      if (task !== undefined) this[at] = task;
      return this;
    },
  });
}
