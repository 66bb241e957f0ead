/** What a single wait may be given. */
export interface WaitOptions {
  /** Aborting it ends the wait; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** How long the wait may last, in milliseconds; 0, the default, is for ever. */
  readonly timeout?: number | undefined;
}

/** What a single read may be given. A read that is aborted or timed out consumes nothing. */
export interface ReadOptions extends WaitOptions {
  /**
   * The longest line or record in bytes, its separator not counted; default: the reader's limit, 64 KiB. For `readAll` and
   * `readExactly`, the most bytes that may be asked for or come; default: 16 MiB.
   */
  readonly limit?: number | undefined;
}
