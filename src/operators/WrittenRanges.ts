/**
 * Which bytes of everything that a writer ever accepted were written by one of several who share it, and how many of
 * them are with the kernel.
 */
export class WrittenRanges {
  /** How many bytes of these ranges were handed over. */
  count = 0;
  private ranges: { from: number; to: number }[] = [];

  /** True while some were not handed over. */
  get pending(): boolean {
    return this.ranges.length > 0;
  }

  /** Adds the bytes from one position to another; they follow all that were added before. */
  add(from: number, to: number): void {
    const last = this.ranges[this.ranges.length - 1];
    if (last !== undefined && last.to === from) last.to = to;
    else if (to > from) this.ranges.push({ from, to });
  }

  /** All bytes before `position` were handed over. True if some of these were among them. */
  advance(position: number): boolean {
    const before = this.count;
    let done = 0;
    for (const range of this.ranges) {
      if (range.from >= position) break;
      const reached = Math.min(range.to, position);
      this.count += reached - range.from;
      range.from = reached;
      if (reached === range.to) done++;
    }
    if (done > 0) this.ranges.splice(0, done);
    return this.count > before;
  }
}
