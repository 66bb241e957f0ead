/**
 * The watchers of a writer: they must know its events at once. There may be any number; idle ones cost no time.
 *
 * When pressure is over, the waiting watchers are told in the order in which they began to wait, until one of them has filled
 * the writer again. The first one then waits behind the others, so a watcher that always has more does not take all the room.
 * Progress is told to the watchers whose bytes have left, in the order of the bytes.
 */

import { Fifo } from './Fifo';

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
  /** Its bytes were accepted, from one position to another. They follow all that were accepted before. */
  accepted(from: number, to: number): void;
  /** The first `written` bytes ever accepted are with the kernel. */
  progress(written: number): void;
  /** Nothing is handed to the kernel any more. */
  gone(): void;
}

/** Bytes that are on their way, from one position to another. */
interface Share {
  readonly watcher: ProgressWatcher;
  readonly from: number;
  readonly to: number;
}

/** Gets what a watcher throws, so that the others are still told. */
export interface ThrownBy {
  onThrown(error: unknown): void;
}

export class WriterWatchers {
  /** Mostly there is one watcher. */
  private all: WriterWatcher | Set<WriterWatcher> | undefined;
  private listening: Set<WriterWatcher> | undefined;
  private waiting: Set<WriterWatcher> | undefined;
  /** The last share, mostly the only one: `undefined` if all is with the kernel. It is kept here, since most writes make one. */
  private sharer: ProgressWatcher | undefined;
  private from = 0;
  private to = 0;
  /** The shares before it. */
  private earlier: Fifo<Share> | undefined;

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
    if (this.sharer === watcher && this.to === from) {
      this.to = to;
      return;
    }
    if (this.sharer !== undefined) {
      this.earlier ??= new Fifo();
      this.earlier.push({ watcher: this.sharer, from: this.from, to: this.to });
    }
    this.sharer = watcher;
    this.from = from;
    this.to = to;
  }

  /**
   * Pressure has begun or is over.
   *
   * @param holds - Whether this is still true: a watcher that writes may change it.
   */
  tellPressure(on: boolean, holds: () => boolean): void {
    const { listening } = this;
    if (on) {
      if (listening === undefined) return;
      for (const watcher of [...listening]) {
        this.pressure(watcher, true);
        if (!holds()) return;
      }
      return;
    }
    // Watchers that were not told last time keep their place.
    if (listening !== undefined) for (const watcher of listening) this.wait(watcher);
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
    const { earlier, listening } = this;
    for (let share = earlier?.first; share !== undefined && share.from < written; share = earlier?.first) {
      if (share.to <= written) earlier?.shift();
      this.progress(share.watcher, written);
      if (share.to > written) break;
    }
    const { sharer } = this;
    if (sharer !== undefined && this.from < written) {
      if (this.to <= written) this.sharer = undefined;
      this.progress(sharer, written);
    }
    if (listening !== undefined) for (const watcher of [...listening]) this.progress(watcher, written);
  }

  /** Nothing is handed to the kernel any more: every watcher is told and removed. */
  tellGone(): void {
    const { all, earlier, sharer } = this;
    this.all = this.listening = this.waiting = this.earlier = this.sharer = undefined;
    if (all instanceof Set) for (const watcher of [...all]) this.gone(watcher);
    else if (all !== undefined) this.gone(all);
    if (earlier !== undefined) for (const { watcher } of earlier) this.gone(watcher);
    if (sharer !== undefined) this.gone(sharer);
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
}
