/**
 * The watchers of a writer: they must know its events at once. There may be any number; idle ones cost no time.
 *
 * When pressure is over, the waiting watchers are told in the order in which they began to wait, until one of them has filled
 * the writer again. The first one then waits behind the others, so a watcher that always has more does not take all the room.
 * Progress is told to the watchers whose bytes have left, in the order of the bytes.
 */

/** Writes, waits to write, or observes the writer. */
export interface WriterWatcher {
  /** Pressure is over; it has begun, for watchers that listen to everything. */
  pressure(on: boolean): void;
  /** The first `written` bytes ever accepted are with the kernel. For watchers that listen to everything. */
  progress?(written: number): void;
  /** Nothing is handed to the kernel any more. */
  gone(): void;
}

/** Waits until bytes are with the kernel. */
export interface ProgressWatcher {
  /** The first `written` bytes ever accepted are with the kernel. */
  progress(written: number): void;
  /** Nothing is handed to the kernel any more. */
  gone(): void;
}

/** Bytes that are on their way, from one position to another. */
interface Share {
  readonly watcher: ProgressWatcher;
  readonly from: number;
  to: number;
}

/** The one empty list. Never pushed to. */
const NONE: never[] = [];

/** Gets what a watcher throws, so that the others are still told. */
export interface ThrownBy {
  onThrown(error: unknown): void;
}

export class WriterWatchers {
  /** Mostly there is one watcher. */
  private all: WriterWatcher | Set<WriterWatcher> | undefined;
  private listening: Set<WriterWatcher> | undefined;
  private waiting: Set<WriterWatcher> | undefined;
  private shares: Share[] = NONE;
  /** The index of the first share that is not with the kernel. */
  private at = 0;

  constructor(private readonly owner: ThrownBy) {}

  /** Tells a watcher when the writer is gone. */
  add(watcher: WriterWatcher): void {
    if (this.all === undefined) this.all = watcher;
    else if (this.all instanceof Set) this.all.add(watcher);
    else this.all = new Set([this.all, watcher]);
  }

  /** As {@link add}, and tells everything else that happens. */
  listen(watcher: WriterWatcher): void {
    this.add(watcher);
    this.listening ??= new Set();
    this.listening.add(watcher);
  }

  /** Stops telling a watcher. */
  remove(watcher: WriterWatcher): void {
    if (this.all instanceof Set) this.all.delete(watcher);
    else if (this.all === watcher) this.all = undefined;
    this.listening?.delete(watcher);
    this.waiting?.delete(watcher);
  }

  /** Tells a watcher, once, when pressure is over. */
  wait(watcher: WriterWatcher): void {
    this.waiting ??= new Set();
    this.waiting.add(watcher);
  }

  /** Tells a watcher when the bytes from one position to another are with the kernel. They are the last ones so far. */
  share(watcher: ProgressWatcher, from: number, to: number): void {
    if (to === from) return;
    const last = this.shares.at(-1);
    if (last?.watcher === watcher && last.to === from && this.at < this.shares.length) last.to = to;
    else if (this.shares === NONE) this.shares = [{ watcher, from, to }];
    else this.shares.push({ watcher, from, to });
  }

  /**
   * Pressure has begun or is over.
   *
   * @param holds - Whether this is still true: a watcher that writes may change it.
   */
  tellPressure(on: boolean, holds: () => boolean): void {
    if (on) {
      for (const watcher of [...(this.listening ?? NONE)]) {
        this.pressure(watcher, true);
        if (!holds()) return;
      }
      return;
    }
    // Watchers that were not told last time keep their place.
    for (const watcher of this.listening ?? NONE) this.wait(watcher);
    const { waiting } = this;
    if (waiting === undefined) return;
    for (const watcher of waiting) {
      waiting.delete(watcher);
      this.pressure(watcher, false);
      if (!holds()) return;
    }
  }

  /** The first `written` bytes are with the kernel. */
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

  /** Nothing is handed to the kernel any more: every watcher is told and removed. */
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

  /** Cuts off the told watchers when they are half of the list: so each is moved once. */
  private forgetTold(): void {
    if (this.at === this.shares.length) this.shares = NONE;
    else if (this.at * 2 > this.shares.length) this.shares = this.shares.slice(this.at);
    else return;
    this.at = 0;
  }
}
