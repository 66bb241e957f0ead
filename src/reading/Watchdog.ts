import { asyncScheduler, type Subscription } from 'rxjs';

/**
 * Calls back when nothing has happened for a while.
 *
 * `touch` only notes the time. When the one timer fires, it looks how long ago that was. It is a timer of RxJS, so virtual time
 * drives it.
 */
export class Watchdog {
  private touched = asyncScheduler.now();
  private timer: Subscription | undefined;

  /**
   * @param timeout - Milliseconds of silence.
   * @param expire - Called once they are over. The next `touch` starts the watch again.
   */
  constructor(
    private readonly timeout: number,
    private readonly expire: () => void,
  ) {}

  /**
   * Notes that something happened. Starts the watch if it is not running.
   *
   * @param ago - How many milliseconds ago it happened.
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
