import type { Mark } from './Row';

/** Marks with bytes in one direction, oldest first. */
export class Lane {
  marks: Mark[] = [];
  /** How many events there are up to each mark, itself included. */
  counts: number[] = [];
  bytes = 0;
  events = 0;

  add(mark: Mark): void {
    this.marks.push(mark);
    this.bytes += mark.bytes;
    this.events += mark.count;
    this.counts.push(this.events);
  }

  /** The index of the first mark at a time or after it. */
  at(time: number): number {
    let [low, high] = [0, this.marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.marks[middle]!.time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  drop(count: number): void {
    this.marks.splice(0, count);
    this.counts.splice(0, count);
  }
}
