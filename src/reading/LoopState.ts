/**
 * The active read, the holds, and the callbacks for the end: a {@link ReadLoop} decides by them, and others ask for them.
 *
 * It is the base of a class, and no object of its own, since each connection has one.
 */
import { Holders, type HoldObserver } from './Holders';
import { Inflow } from './Inflow';
import type { Read } from './Read';
import { hasEnded } from './rxjs7';

export abstract class LoopState extends Inflow {
  /** The read that gets the frames. */
  protected active: Read<unknown> | undefined;
  /** True inside of a read's `next`. */
  protected delivering = false;
  /** True while the loop runs: nothing may start it again. */
  protected pumping = false;
  /** How many holds there are: above 0 nothing is delivered. */
  protected holds = 0;
  /** The names of the holds; made with the first of them. */
  holders: Holders | undefined;
  /** The connection, if it is the reader of one. */
  holdObserver: HoldObserver | undefined;
  protected drained: (() => void) | undefined;
  protected quiet: (() => void) | undefined;

  /** True when a read would be served from the buffer at once: nobody reads, and nobody holds. */
  get idle(): boolean {
    return this.active === undefined && this.holds === 0 && !this.pumping;
  }

  /** True while a read is active, held or not. */
  get reading(): boolean {
    return this.active !== undefined;
  }

  /** True when the stream is over and nobody reads or holds: what is unread is for later reads, if there are any. */
  get isQuiet(): boolean {
    return this.state !== 'open' && this.active === undefined && this.holds === 0;
  }

  /** Why the end of a read is not the peer's. `undefined` for a good end, in a delivery and while bytes are unread. */
  get cut(): Error | undefined {
    return this.atEof && !this.delivering ? (this.failure as (() => Error) | undefined)?.() : undefined;
  }

  /** The same for the end of a pipe: `undefined` where an operator like `take` has ended it, and not the end of the read. */
  get cutPipe(): Error | undefined {
    return this.endedPipe !== undefined && hasEnded(this.endedPipe) ? this.cut : undefined;
  }

  /** Counts one more hold on the delivery. */
  protected addHold(by: string): void {
    this.holds++;
    this.holders ??= new Holders(this);
    this.holders.add(by, this.upstream?.live ?? false);
  }

  /** Counts one hold less. */
  protected removeHold(by: string): void {
    this.holds--;
    this.holders?.remove(by);
  }

  /** Calls back once the stream has ended, everything was read, and nobody holds or loops. */
  whenDrained(callback: () => void): void {
    this.drained = callback;
    this.regulate();
  }

  /** Calls back once the stream is over and nobody reads or holds: see {@link isQuiet}. */
  whenQuiet(callback: () => void): void {
    this.quiet = callback;
    this.regulate();
  }

  protected regulate(): void {
    // The pump does this when it is done; inside a delivery, an upstream that is a reader itself would be mistaken.
    if (this.pumping) return;
    // A consumer that holds the loop has not seen the end, and may be at work on what came before it.
    if (this.drained !== undefined && this.atEof && this.holds === 0 && this.loops === 0) {
      const { drained } = this;
      this.drained = undefined;
      drained();
    }
    if (this.quiet !== undefined && this.isQuiet) {
      const { quiet } = this;
      this.quiet = undefined;
      quiet();
    }
    this.regulateSource();
  }
}
