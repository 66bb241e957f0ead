/**
 * Bounds how many actions run at once. The others wait, in order.
 *
 * Without it a broker that is slow gets more and more requests: each that takes too long is sent again, and the broker answers them
 * all.
 */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  /** @param free - How many may run at once. */
  constructor(private free: number) {}

  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
