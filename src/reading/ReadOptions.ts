/** Options of one wait. */
export interface WaitOptions {
  /** Aborting it ends the wait; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** How long the wait may take, in milliseconds. Default 0: for ever. */
  readonly timeout?: number | undefined;
}

/** Options of the read of one frame. */
export interface ReadFrameOptions extends WaitOptions {
  /** The longest frame of a generator in bytes: everything that it reads for the frame. Default 16 MiB. */
  readonly maxLength?: number | undefined;
}

/** Options of one read. A read that is aborted or times out consumes nothing. */
export interface ReadOptions extends WaitOptions {
  /**
   * The longest line or record in bytes, its separator not counted; default: the reader's limit, 64 KiB. For `readExactly`, the
   * largest number of bytes that may be requested, and for `readAll`, the most bytes that may arrive; default: 16 MiB.
   */
  readonly limit?: number | undefined;
}
