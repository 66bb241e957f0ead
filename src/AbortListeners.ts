import { assertSignal } from './argumentChecks';

/** Called when a signal is aborted: a function, or an object whose `handleEvent` is called. */
export type AbortListener = (() => void) | { handleEvent(): void };

/**
 * The listeners that the library has on one signal, behind a single event listener.
 *
 * A program stops many connections, reads and servers with one `AbortSignal`. Node warns of a leak when an event target
 * has more than ten listeners, so only the first listener adds one, and removing the last removes it.
 * A listener that is added after the abort is not called: check `aborted` first.
 */
export class AbortListeners {
  private static readonly bySignal = new WeakMap<AbortSignal, AbortListeners>();
  private readonly listeners = new Set<AbortListener>();

  private constructor(private readonly signal: AbortSignal) {}

  static of(signal: AbortSignal): AbortListeners {
    const known = AbortListeners.bySignal.get(signal);
    if (known !== undefined) return known;
    assertSignal(signal);
    const made = new AbortListeners(signal);
    AbortListeners.bySignal.set(signal, made);
    return made;
  }

  add(listener: AbortListener): void {
    if (this.listeners.size === 0) this.signal.addEventListener('abort', this);
    this.listeners.add(listener);
  }

  delete(listener: AbortListener): void {
    if (this.listeners.delete(listener) && this.listeners.size === 0) this.signal.removeEventListener('abort', this);
  }

  /** The signal is aborted. */
  handleEvent(): void {
    // The loop skips listeners that are deleted meanwhile: one listener may end the wait of another.
    for (const listener of this.listeners) {
      this.delete(listener);
      try {
        if (typeof listener === 'function') listener();
        else listener.handleEvent();
      } catch (error) {
        // As an event target does: it throws the error later, and calls the others.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
