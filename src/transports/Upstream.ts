/** A source of bytes that can be paused. */
export interface Upstream {
  /** True if the bytes come in turns of the event loop, and no virtual time passes within one. */
  readonly live?: boolean;
  pause(): void;
  resume(): void;
  /**
   * Runs a task in the next turn of the event loop. Returns false, or is absent, if the source can't wait for that.
   *
   * @param awaited - True if only a promise waits.
   */
  nextTurn?(task: () => void, awaited?: boolean): boolean;
  /** Runs a task at the end of this turn of the event loop. Absent where there is nothing but the event loop's. */
  defer?(task: () => void): void;
}
