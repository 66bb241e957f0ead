import { asyncScheduler, type Subscription } from 'rxjs';
import { nodeTimerOf } from '../reading/rxjs7';

/** What may last for long. */
export type Slow = 'held' | 'pressure';

/**
 * Tells of a hold of the reader, and of pressure on the writer, that last for a while. Made only if somebody listens.
 *
 * Its timers are RxJS's, so virtual time drives them. They are cleared at once when the state is over, so that none is left behind
 * at the end of a test, and keep no process alive.
 */
export class SlowWatch {
  private readonly timers: { [what in Slow]?: Subscription | undefined } = {};

  /**
   * @param after - In milliseconds.
   * @param tell - Called once for each state that lasts as long.
   */
  constructor(
    private readonly after: number,
    private readonly tell: (what: Slow) => void,
  ) {}

  begins(what: Slow): void {
    this.ends(what);
    const timer = asyncScheduler.schedule(() => this.tell(what), this.after);
    nodeTimerOf(timer)?.unref?.();
    this.timers[what] = timer;
  }

  ends(what: Slow): void {
    this.timers[what]?.unsubscribe();
    this.timers[what] = undefined;
  }

  stop(): void {
    this.ends('held');
    this.ends('pressure');
  }
}
