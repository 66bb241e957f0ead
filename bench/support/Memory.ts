export const MIB = 1024 * 1024;

/** The resident memory of this process in bytes, sampled every 20 ms from now on. */
export class Memory {
  private most: number;

  constructor() {
    globalThis.gc?.();
    this.most = process.memoryUsage.rss();
    setInterval(() => this.peak, 20).unref();
  }

  /** The highest value until now. */
  get peak(): number {
    this.most = Math.max(this.most, process.memoryUsage.rss());
    return this.most;
  }
}
