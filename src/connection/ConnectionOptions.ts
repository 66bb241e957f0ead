/** Options of every connection, however it is made. */
export interface ConnectionOptions {
  /** The longest line or record in bytes; the socket is paused above twice as many unread bytes. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** From how many waiting bytes on the writer is under pressure. Default 64 KiB; over at a quarter of that. */
  readonly highWaterMark?: number | undefined;
  /** From how many waiting bytes on writes are refused. Default 16 MiB. */
  readonly maxQueued?: number | undefined;
  /** After how many milliseconds without a byte in either direction the connection is ended. Default 0: never. */
  readonly idleTimeout?: number | undefined;
  /** The same without a byte from the peer; the time in which we hold it back ourselves does not count. */
  readonly readIdleTimeout?: number | undefined;
  /** The same while bytes wait to be sent and the peer takes none. */
  readonly writeIdleTimeout?: number | undefined;
  /**
   * How many milliseconds a frame may take from its first byte to its last, a line that is too long and is being dropped too.
   * The time in which the reader is held, or nobody reads, does not count. Default 0: for ever.
   */
  readonly frameTimeout?: number | undefined;
}
