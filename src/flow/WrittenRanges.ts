/** The bytes from one position to another. */
interface Range {
  from: number;
  readonly to: number;
}

/**
 * Several sources may share one writer. This counts the bytes of one of them: which of all bytes that the writer ever accepted
 * are its own, and how many of them are with the kernel.
 */
export class WrittenRanges {
  /** How many bytes of these ranges were handed over. */
  count = 0;
  /** The last range, mostly the only one. It is empty if all was handed over. */
  private from = 0;
  private to = 0;
  /** The ranges before it. */
  private earlier: Range[] | undefined;

  /** True while some of the bytes were not handed over. */
  get pending(): boolean {
    return this.to > this.from;
  }

  /** Adds the bytes from one position to another. They follow all that were added before. */
  add(from: number, to: number): void {
    if (to === from) return;
    if (this.pending && this.to !== from) {
      this.earlier ??= [];
      this.earlier.push({ from: this.from, to: this.to });
    }
    if (this.to !== from || !this.pending) this.from = from;
    this.to = to;
  }

  /** All bytes before `position` were handed over. Returns true if some of these ranges were among them. */
  advance(position: number): boolean {
    const before = this.count;
    if (this.earlier !== undefined) this.advanceEarlier(this.earlier, position);
    const reached = Math.min(this.to, position);
    if (reached > this.from) {
      this.count += reached - this.from;
      this.from = reached;
    }
    return this.count > before;
  }

  private advanceEarlier(earlier: Range[], position: number): void {
    let done = 0;
    for (const range of earlier) {
      if (range.from >= position) break;
      const reached = Math.min(range.to, position);
      this.count += reached - range.from;
      range.from = reached;
      if (reached === range.to) done++;
    }
    if (done === earlier.length) this.earlier = undefined;
    else if (done > 0) earlier.splice(0, done);
  }
}
