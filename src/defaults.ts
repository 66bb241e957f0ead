/** Every default that is a number. Sizes are bytes, times are milliseconds. */
export const defaults = {
  /** The longest line or record. The source of a reader is paused above twice as many unread bytes. */
  limit: 64 * 1024,
  /** The most that `readAll` collects. */
  readAllLimit: 16 * 1024 * 1024,
  /** How far a source that can't be paused may run ahead of its reader. */
  maxBuffered: 16 * 1024 * 1024,
  /** The longest payload behind a length, and the largest block of `readExactly`. */
  maxLength: 16 * 1024 * 1024,
  /** From this many queued bytes on a writer is under pressure. */
  highWaterMark: 64 * 1024,
  /** From this many queued bytes on a writer refuses more. */
  maxQueued: 16 * 1024 * 1024,
  /** How many bytes may wait in a gate whose source can't be held. */
  maxHeld: 1024 * 1024,
  /** How long a closing connection waits for a peer that does nothing. */
  closeTimeout: 5_000,
  /** How long a reader is held, or a writer under pressure, until the diagnostics channels tell it. */
  slowAfter: 1_000,
  /** How long a connection that received nothing must live to count as a success. */
  stableAfter: 5_000,
  /** How long a handler's Observable may go on without a read when its connection is gone. */
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
  /** About what a connection with TLS takes beside its buffers. */
  tlsMemory: 40 * 1024,
  /** For how long a peer may be slower than `minReadRate`. */
  rateWindow: 5_000,
  /** How long a proxy may take for its PROXY header. */
  proxyTimeout: 5_000,
} as const;
