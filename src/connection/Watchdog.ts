import { asyncScheduler, type Subscription } from 'rxjs';

/**
 * Calls back when nothing has happened for a while.
 *
 * `touch` only notes the time; the one timer looks, when it fires, how long ago that was. It is RxJS's, so virtual time
 * drives it.
 */
export class Watchdog {
  private touched = asyncScheduler.now();
  private timer: Subscription | undefined;

  /**
   * @param timeout - Milliseconds of silence.
   * @param expire - Called once they have passed; the next `touch` begins to watch again.
   */
  constructor(
    private readonly timeout: number,
    private readonly expire: () => void,
  ) {}

  /**
   * Something happened; begins to watch if it does not yet.
   *
   * @param ago - How many milliseconds ago that was.
   */
  touch(ago = 0): void {
    this.touched = asyncScheduler.now() - ago;
    this.timer ??= this.look(this.timeout - ago);
  }

  stop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private look(after: number): Subscription {
    return asyncScheduler.schedule(() => {
      const left = this.touched + this.timeout - asyncScheduler.now();
      this.timer = left > 0 ? this.look(left) : undefined;
      if (left <= 0) this.expire();
    }, after);
  }
}
