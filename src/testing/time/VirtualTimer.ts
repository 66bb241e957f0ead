import type { SchedulerLike, Subscription } from 'rxjs';

/** Above that Node waits a millisecond. */
const LONGEST = 2 ** 31 - 1;

/** What `setTimeout`, `setInterval` and `setImmediate` give in virtual time: as Node's, but that nothing keeps a process alive. */
export class VirtualTimer {
  private static numbers = 0;
  private static readonly byNumber = new Map<number, VirtualTimer>();
  private readonly number = ++VirtualTimer.numbers;
  private readonly delay: number;
  private counted = true;
  private action: Subscription | undefined;

  /** @param delay - In milliseconds, of what is at least 1 as for Node; `undefined` is at once. */
  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly task: () => void,
    delay: number | undefined,
    private readonly repeats = false,
  ) {
    const whole = Math.trunc(Number(delay));
    this.delay = delay === undefined ? 0 : whole >= 1 && whole <= LONGEST ? whole : 1;
    this.start();
  }

  /** Ends a timer, given as itself or as its number. False if it is none of ours. */
  static clear(timer: unknown): boolean {
    const known = timer instanceof VirtualTimer ? timer : VirtualTimer.byNumber.get(Number(timer));
    known?.close();
    return known !== undefined;
  }

  /** Ends all timers that are left. */
  static clearAll(): void {
    for (const timer of VirtualTimer.byNumber.values()) timer.close();
  }

  close(): this {
    this.action?.unsubscribe();
    this.action = undefined;
    VirtualTimer.byNumber.delete(this.number);
    return this;
  }

  refresh(): this {
    this.close();
    this.start();
    return this;
  }

  ref(): this {
    this.counted = true;
    return this;
  }

  unref(): this {
    this.counted = false;
    return this;
  }

  hasRef(): boolean {
    return this.counted;
  }

  [Symbol.toPrimitive](): number {
    return this.number;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private start(): void {
    VirtualTimer.byNumber.set(this.number, this);
    this.action = this.scheduler.schedule(() => {
      if (this.repeats) this.start();
      else this.close();
      this.task();
    }, this.delay);
  }
}
