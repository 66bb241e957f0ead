import type { SchedulerAction, Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { placeHere } from '../placeHere';

/** Virtual time that knows where each timer was set. It takes a stack for each timer, so it is slow. */
export class TracedScheduler extends TestScheduler {
  private readonly places = new Map<unknown, string | undefined>();
  /** Where the running task was set. */
  private current: string | undefined;

  constructor() {
    super(() => {});
    const { schedule } = this;
    this.schedule = <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription => {
      // A timer that sets itself again keeps its place.
      const place = placeHere() ?? this.current;
      const self = this;
      const action = schedule.call<TestScheduler, [typeof work, number, T | undefined], Subscription>(
        this,
        function (this: SchedulerAction<T>, given?: T) {
          const outer = self.current;
          self.current = place;
          try {
            work.call(this, given);
          } finally {
            self.current = outer;
          }
        },
        delay,
        state,
      );
      this.places.set(action, place);
      return action;
    };
  }

  /** Where an action was scheduled. */
  placeOf(action: unknown): string | undefined {
    return this.places.get(action);
  }
}
