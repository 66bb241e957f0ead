/**
 * The watchers of a writer, which have to know at once what becomes of it: any number, at a cost that does not grow with those that are idle.
 *
 * Pressure that goes is told to those that wait for that, in the order in which they began to wait, until one of them has
 * filled the writer again: who was first waits behind the others next time, so that one that always has more does not take all
 * the room. Progress is told to those whose bytes it is, which are kept in the order of the bytes.
 */

/** Writes, or waits to write, or looks on. */
export interface WriterWatcher {
  /** Pressure has gone; or come, for those that listen to everything. */
  pressure(on: boolean): void;
  /** So many bytes of all that was ever accepted are with the kernel: for those that listen to everything. */
  progress?(written: number): void;
  /** Nothing is handed to the kernel any more. */
  gone(): void;
}

/** Waits until bytes are with the kernel. */
export interface ProgressWatcher {
  /** So many bytes of all that was ever accepted are with the kernel. */
  progress(written: number): void;
  /** Nothing is handed to the kernel any more. */
  gone(): void;
}

/** Bytes on their way, from one position to another. */
interface Share {
  readonly watcher: ProgressWatcher;
  readonly from: number;
  to: number;
}

/** A list that is empty. Never pushed to. */
const NONE: never[] = [];

/** Is told what a watcher throws, which must not keep the others from hearing. */
export interface ThrownBy {
  onThrown(error: unknown): void;
}

export class WriterWatchers {
  /** Mostly there is one. */
  private all: WriterWatcher | Set<WriterWatcher> | undefined;
  private listening: Set<WriterWatcher> | undefined;
  private waiting: Set<WriterWatcher> | undefined;
  private shares: Share[] = NONE;
  /** The first of `shares` that is not with the kernel. */
  private at = 0;

  constructor(private readonly owner: ThrownBy) {}

  /** Tells a watcher when the writer is gone. */
  add(watcher: WriterWatcher): void {
    if (this.all === undefined) this.all = watcher;
    else if (this.all instanceof Set) this.all.add(watcher);
    else this.all = new Set([this.all, watcher]);
  }

  /** As {@link add}, and tells whatever happens. */
  listen(watcher: WriterWatcher): void {
    this.add(watcher);
    this.listening ??= new Set();
    this.listening.add(watcher);
  }

  /** It is told nothing any more. */
  remove(watcher: WriterWatcher): void {
    if (this.all instanceof Set) this.all.delete(watcher);
    else if (this.all === watcher) this.all = undefined;
    this.listening?.delete(watcher);
    this.waiting?.delete(watcher);
  }

  /** Tells a watcher, once, when pressure has gone. */
  wait(watcher: WriterWatcher): void {
    this.waiting ??= new Set();
    this.waiting.add(watcher);
  }

  /** Tells a watcher when bytes from one position to another, the last ones so far, are with the kernel. */
  share(watcher: ProgressWatcher, from: number, to: number): void {
    if (to === from) return;
    const last = this.shares.at(-1);
    if (last?.watcher === watcher && last.to === from && this.at < this.shares.length) last.to = to;
    else if (this.shares === NONE) this.shares = [{ watcher, from, to }];
    else this.shares.push({ watcher, from, to });
  }

  /**
   * Pressure has come or gone.
   *
   * @param holds - Whether that is still so: a watcher that writes may change it.
   */
  tellPressure(on: boolean, holds: () => boolean): void {
    if (on) {
      for (const watcher of [...(this.listening ?? NONE)]) {
        this.pressure(watcher, true);
        if (!holds()) return;
      }
      return;
    }
    // Those that were not told last time keep their place.
    for (const watcher of this.listening ?? NONE) this.wait(watcher);
    const { waiting } = this;
    if (waiting === undefined) return;
    for (const watcher of waiting) {
      waiting.delete(watcher);
      this.pressure(watcher, false);
      if (!holds()) return;
    }
  }

  /** So many bytes are with the kernel. */
  tellProgress(written: number): void {
    for (let share = this.shares[this.at]; share !== undefined && share.from < written; share = this.shares[this.at]) {
      const all = share.to <= written;
      if (all) this.at++;
      this.progress(share.watcher, written);
      if (!all) break;
    }
    this.forgetTold();
    for (const watcher of [...(this.listening ?? NONE)]) this.progress(watcher, written);
  }

  /** Nothing is handed to the kernel any more: everyone is told, and forgotten. */
  tellGone(): void {
    const { all, shares, at } = this;
    this.all = this.listening = this.waiting = undefined;
    this.shares = NONE;
    this.at = 0;
    if (all instanceof Set) for (const watcher of [...all]) this.gone(watcher);
    else if (all !== undefined) this.gone(all);
    for (const { watcher } of shares.slice(at)) this.gone(watcher);
  }

  private pressure(watcher: WriterWatcher, on: boolean): void {
    try {
      watcher.pressure(on);
    } catch (error) {
      this.owner.onThrown(error);
    }
  }

  private progress(watcher: WriterWatcher | ProgressWatcher, written: number): void {
    try {
      watcher.progress?.(written);
    } catch (error) {
      this.owner.onThrown(error);
    }
  }

  private gone(watcher: WriterWatcher | ProgressWatcher): void {
    try {
      watcher.gone();
    } catch (error) {
      this.owner.onThrown(error);
    }
  }

  /** Those that are told are forgotten when they are half of all: so each is moved once. */
  private forgetTold(): void {
    if (this.at === this.shares.length) this.shares = NONE;
    else if (this.at * 2 > this.shares.length) this.shares = this.shares.slice(this.at);
    else return;
    this.at = 0;
  }
}
