import { asyncScheduler } from 'rxjs';
import { eventLoop } from '../eventLoop';

/** Is notified of the holds of a reader that are not over within their turn. */
export interface HoldObserver {
  /** The reader is held, or it is no longer. */
  onHeld(on: boolean): void;
}

/** Those whose present hold began in this turn. They share one task at its end. */
let fresh: Holders[] = [];

/**
 * The operators and calls that hold a reader, and since when. Made with the first hold of a reader, and kept.
 *
 * Two holds of the same name are the same here: which of them is released makes no difference.
 *
 * Most holds are over within their turn, and nobody asks for their time. Reading the clock would be most of their cost. So it is
 * read at the end of the turn, for those that are left, or when somebody asks.
 */
export class Holders {
  private readonly names: string[] = [];
  /** When the first of the present holds began, in milliseconds of RxJS's clock, which is virtual in virtual time. */
  private begun: number | undefined;
  private isFresh = false;
  /** True once the observer knows of the present holds. */
  private told = false;

  constructor(private readonly loop: { readonly holdObserver: HoldObserver | undefined }) {}

  /** When the first of the present holds began; `undefined` while nothing holds. */
  get since(): number | undefined {
    if (this.names.length === 0) return undefined;
    this.begun ??= asyncScheduler.now();
    return this.begun;
  }

  /** The names of the holds, the oldest first, each once. */
  get list(): readonly string[] {
    return [...new Set(this.names)];
  }

  /**
   * A hold begins.
   *
   * @param live - Whether no virtual time can pass in this turn of the event loop. Else the clock is read now.
   */
  add(name: string, live: boolean): void {
    this.names.push(name);
    if (this.names.length > 1) return;
    if (!live) this.stamp();
    else if (!this.isFresh) this.stampLater();
  }

  /** A hold of this name is over. */
  remove(name: string): void {
    const { names } = this;
    // Nearly always there is one.
    if (names.length > 1) {
      names.splice(names.indexOf(name), 1);
      return;
    }
    names.pop();
    this.begun = undefined;
    if (!this.told) return;
    this.told = false;
    this.loop.holdObserver?.onHeld(false);
  }

  private stampLater(): void {
    this.isFresh = true;
    if (fresh.push(this) === 1) eventLoop.endOfTurn(stampFresh);
  }

  /** The holds are not over within their turn. */
  private stamp(): void {
    this.begun ??= asyncScheduler.now();
    this.told = true;
    this.loop.holdObserver?.onHeld(true);
  }

  /** The turn is over. */
  static stampAll(all: readonly Holders[]): void {
    for (const holders of all) {
      holders.isFresh = false;
      if (holders.names.length > 0 && !holders.told) holders.stamp();
    }
  }
}

function stampFresh(): void {
  const all = fresh;
  fresh = [];
  Holders.stampAll(all);
}
