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
  /** Nearly always there is one. */
  private first: string | undefined;
  private others: string[] | undefined;
  /** When the first of the present holds began, in milliseconds of RxJS's clock, which is virtual in virtual time. */
  private begun: number | undefined;
  private isFresh = false;
  /** True once the observer knows of the present holds. */
  private told = false;

  constructor(private readonly loop: { readonly holdObserver: HoldObserver | undefined }) {}

  /** When the first of the present holds began; `undefined` while nothing holds. */
  get since(): number | undefined {
    if (this.first === undefined) return undefined;
    this.begun ??= asyncScheduler.now();
    return this.begun;
  }

  /** The names of the holds, the oldest first, each once. */
  get list(): readonly string[] {
    return this.first === undefined ? [] : [...new Set([this.first, ...(this.others ?? [])])];
  }

  /**
   * A hold begins.
   *
   * @param live - Whether no virtual time can pass in this turn of the event loop. Else the clock is read now.
   */
  add(name: string, live: boolean): void {
    if (this.first !== undefined) {
      this.others ??= [];
      this.others.push(name);
      return;
    }
    this.first = name;
    if (!live) this.stamp();
    else if (!this.isFresh) this.stampLater();
  }

  /** A hold of this name is over. */
  remove(name: string): void {
    if (this.others !== undefined) {
      this.removeOne(this.others, name);
      return;
    }
    this.first = undefined;
    this.begun = undefined;
    if (this.told) this.tellOver();
  }

  private removeOne(others: string[], name: string): void {
    if (name === this.first) this.first = others.shift();
    else others.splice(others.indexOf(name), 1);
    if (others.length === 0) this.others = undefined;
  }

  private tellOver(): void {
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
      if (holders.first !== undefined && !holders.told) holders.stamp();
    }
  }
}

function stampFresh(): void {
  const all = fresh;
  fresh = [];
  Holders.stampAll(all);
}
