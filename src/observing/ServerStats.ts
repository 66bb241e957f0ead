/** The counters of a server, from its start. `accepted` less `open` is how many connections have been closed. */
export interface ServerStats {
  /** How many accepted connections are open. */
  readonly open: number;
  /** How many connections somebody has got: a handler, a subscriber of `connections`, or a loop. */
  readonly accepted: number;
  /** How many connections wait: for somebody to take them, or for room with `overload: 'wait'`. */
  readonly waiting: number;
  /** How many connections were closed before anybody got them, because a limit was reached. */
  readonly refused: number;
  /** How many failures there were, as `errors` emits them, probes included. */
  readonly failed: number;
  /** How many bytes have arrived on all accepted connections, closed ones included. */
  readonly bytesRead: number;
  /** How many bytes of all accepted connections were handed to the kernel, closed ones included. */
  readonly bytesWritten: number;
}
