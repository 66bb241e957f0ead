/**
 * The time limits of many things, most of which are done before their time comes.
 *
 * All with the same timeout are in one lane, where the first is due first: so there is one timer for each lane, and neither
 * adding nor being done takes longer the more there are. What is done is forgotten when it is half of a lane.
 */
import { asyncScheduler, type Subscription } from 'rxjs';

/** Has so much time. */
export interface Limited {
  /** When its time is up, in the milliseconds of RxJS's clock. Set by {@link Deadlines}. */
  deadline: number;
  /** True while the limit applies. */
  readonly limited: boolean;
  /** The time is up. */
  expire(): void;
}

export class Deadlines {
  private readonly lanes = new Map<number, Lane>();

  /** Calls `expire` in `timeout` milliseconds, unless it is done before; 0 is never. */
  add(limited: Limited, timeout: number): void {
    if (timeout === 0) return;
    let lane = this.lanes.get(timeout);
    if (lane === undefined) {
      lane = new Lane(timeout, () => this.lanes.delete(timeout));
      this.lanes.set(timeout, lane);
    }
    lane.add(limited);
  }

  /** Stops the timers of what is done: nothing is expected for a while. */
  rest(): void {
    for (const lane of [...this.lanes.values()]) lane.rest();
  }

  /** One that was added with this timeout is done, and not `limited` any more. */
  done(timeout: number): void {
    this.lanes.get(timeout)?.done();
  }
}

/** A lane this short is not worth tidying. */
const SHORT = 64;

class Lane {
  private all: Limited[] = [];
  /** The first of `all` that is not over. */
  private at = 0;
  private left = 0;
  private timer: Subscription | undefined;

  constructor(
    private readonly timeout: number,
    private readonly empty: () => void,
  ) {}

  add(limited: Limited): void {
    limited.deadline = asyncScheduler.now() + this.timeout;
    this.all.push(limited);
    this.left++;
    this.timer ??= this.look(this.timeout);
  }

  done(): void {
    this.left--;
    if (this.left === 0) {
      // The timer stays for the next one: a request at a time would set and clear one for each.
      this.all.length = this.at = 0;
    } else if (this.all.length > SHORT && this.all.length > 2 * this.left) {
      this.all = this.all.slice(this.at).filter(({ limited }) => limited);
      this.at = 0;
    }
  }

  /** Stops the timer, if nothing is limited. */
  rest(): void {
    if (this.left > 0) return;
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.empty();
  }

  private look(after: number): Subscription {
    return asyncScheduler.schedule(() => {
      this.timer = undefined;
      this.expireDue(asyncScheduler.now());
      const next = this.all[this.at];
      if (next === undefined) this.rest();
      else this.timer ??= this.look(next.deadline - asyncScheduler.now());
    }, after);
  }

  private expireDue(now: number): void {
    for (let first = this.all[this.at]; first !== undefined; first = this.all[this.at]) {
      if (first.limited) {
        if (first.deadline > now) return;
        this.at++;
        first.expire();
      } else {
        this.at++;
      }
    }
  }
}
