/** What brings the bytes, as far as it can be told to wait. */
export interface Upstream {
  pause(): void;
  resume(): void;
  /**
   * Runs a task in the next turn of the event loop. False, or absent, where the source can't wait for that.
   *
   * @param awaited - True where only a promise waits.
   */
  nextTurn?(task: () => void, awaited?: boolean): boolean;
  /** Runs a task at the end of this turn of the event loop. Absent where there is nothing but the event loop's. */
  defer?(task: () => void): void;
}
