/** The counters of a connection. Times are in milliseconds since 1970, as `Date.now()` gives them. */
export interface ConnectionStats {
  /** How many bytes have arrived. */
  readonly bytesRead: number;
  /** How many bytes were handed to the kernel. */
  readonly bytesWritten: number;
  /** How many bytes have arrived and wait in the reader. */
  readonly unread: number;
  /** How many bytes wait to be handed to the kernel. */
  readonly queued: number;
  /** Since when the reader has been held without a break; absent while nothing holds it. */
  readonly heldSince?: number;
  /**
   * What holds the reader, the oldest hold first: the name of an operator (`'writeTo'`, `'backpressure'`, `'concatMapPausing'`,
   * `'mergeMapPausing'`, `'sharePausing'`, `'eachValueFrom'`), of a call (`'pause'`, `'toDuplex'`, `'toWeb'`, `'startTls'`, `'StreamReader.from'`), or
   * `'event loop'` if the reader lets others run for a turn.
   */
  readonly heldBy?: readonly string[];
  /** Since when the writer has been under pressure; absent without pressure. */
  readonly pressureSince?: number;
  /** When the connection was made. */
  readonly openedAt: number;
}
