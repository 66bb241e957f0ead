const SHORTEST = 20;
const LONGEST = 24 * 3600e6;

/** The stretch of time that the page shows: microseconds from the zero of the page, from `from`, `span` long. */
export class View {
  from = 0;
  span = 10e6;
  /** Whether its right edge stays at the present. */
  following = true;

  /** The place of a time on a lane of this width. */
  x(time: number, width: number): number {
    return ((time - this.from) / this.span) * width;
  }

  time(x: number, width: number): number {
    return this.from + (x / width) * this.span;
  }

  /** Zooms around a time, which stays where it is. A factor below 1 comes closer. */
  zoom(factor: number, around: number): void {
    const span = Math.min(LONGEST, Math.max(SHORTEST, this.span * factor));
    this.from = around - ((around - this.from) / this.span) * span;
    this.span = span;
  }

  pan(part: number): void {
    this.following = false;
    this.from += part * this.span;
  }

  /** Shows a stretch whole, with a margin. */
  fit(from: number, to: number): void {
    this.following = false;
    this.span = Math.min(LONGEST, Math.max(SHORTEST, (to - from) * 1.12));
    this.from = (from + to) / 2 - this.span / 2;
  }

  /** Moves so that a time can be seen. */
  reveal(time: number): void {
    const at = (time - this.from) / this.span;
    if (at >= 0.04 && at <= 0.9) return;
    this.following = false;
    this.from = time - this.span * 0.4;
  }
}
