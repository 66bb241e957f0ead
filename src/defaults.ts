/** Every default that has a number in it. Sizes are bytes, times are milliseconds. */
export const defaults = {
  /** The longest line or record; a reader's source is paused above twice as many unread bytes. */
  limit: 64 * 1024,
  /** The most that `readAll` collects. */
  readAllLimit: 16 * 1024 * 1024,
  /** How far a source that can't be paused may run ahead of its reader. */
  maxBuffered: 16 * 1024 * 1024,
  /** The longest payload behind a length, and the largest block of `readExactly`. */
  maxLength: 16 * 1024 * 1024,
  /** Where a writer begins to ask for patience. */
  highWaterMark: 64 * 1024,
  /** Where a writer refuses more. */
  maxQueued: 16 * 1024 * 1024,
  /** How many bytes wait in a gate whose source can't be held. */
  maxHeld: 1024 * 1024,
  /** How long a closing connection waits for a peer that does nothing. */
  closeTimeout: 5_000,
  /** How long a connection that received nothing must live to count as a success. */
  stableAfter: 5_000,
  /** How long a handler's Observable may go on without a read when its connection has gone. */
  handlerTimeout: 5_000,
  /** How long a request may take, from the call to its reply. */
  requestTimeout: 30_000,
  /** How many requests may be sent that are not answered. */
  maxInFlight: 1_000,
  /** How many requests may wait to be sent. */
  maxQueuedRequests: 10_000,
  /** How many keys of requests that gave up are remembered. */
  maxLateKeys: 1_000,
  /** How many connections may wait to be accepted. */
  backlog: 511,
  /** How long a client may take for its TLS handshake. */
  handshakeTimeout: 60_000,
} as const;
