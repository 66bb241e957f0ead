import type { Offshoots } from './Offshoots';

/** What delivers values and can be held: the loop of a reader, or the queue of one subscriber of `sharePausing`. */
export interface Holdable {
  /** Where values wait that came from here; made with the first. */
  offshoots: Offshoots | undefined;
  /** Why the end of a pipe is not the peer's. */
  readonly cutPipe: Error | undefined;
  /** Holds delivery: values, the end and errors. Holds are counted. `by` names the operator or call. */
  hold(by: string): void;
  /** Takes one hold of that name back; the last one delivers at once, unless a delivery is running. */
  release(by: string): void;
  /** Takes a value at once for a Subscriber that alone holds it, if it can. */
  pull?(subscriber: object): unknown;
  /** Runs a task in the next turn, if what brings the bytes can wait. */
  nextTurn(task: () => void, awaited?: boolean): boolean;
  /** Runs a task at the end of this turn; in virtual time, of this task. */
  endOfTurn(task: () => void): void;
}
