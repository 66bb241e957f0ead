/** What can happen on the wire, or to it, as one side of the connection sees it. */
export type WireEventKind =
  | 'open'
  | 'rx'
  | 'tx'
  | 'sent'
  | 'paused'
  | 'resumed'
  | 'pressure'
  | 'drained'
  | 'fin-in'
  | 'fin-out'
  | 'tls'
  | 'reset'
  | 'close'
  | 'gap';

/** One event of a live connection. */
export interface WireEvent {
  /** Counts the events of the connection, from 0. A gap takes the numbers of the events that were dropped. */
  readonly seq: number;
  /** Microseconds on a clock that never goes back, since the connection's tap began. */
  readonly time: number;
  /** The number of the connection, from 1, in the order in which they were tapped. */
  readonly connection: number;
  readonly kind: WireEventKind;
  /**
   * How many bytes came or went; of a gap, how many were dropped. With `paused` and `resumed`, how many are unread; with `pressure` and
   * `drained`, how many wait for the kernel; with `tls`, how many of those that came last belong to the handshake.
   */
  readonly bytes?: number;
  /** The bytes that were kept, after `redact`: at most `capture` of them. */
  readonly data?: Uint8Array;
  /** Of `open`: our end, an address with its port or a path. */
  readonly local?: string;
  /** Of `open`: the peer's end. */
  readonly remote?: string;
  /** Of `open`: milliseconds since 1970, by the wall clock, when the tap began. */
  readonly openedAt?: number;
  /** Of `tls`: our side of the handshake that begins. */
  readonly side?: 'client' | 'server';
  /** Of `reset` and `close`: who ended the connection, or what. */
  readonly by?: 'local' | 'peer' | 'reset' | 'timeout' | 'error';
  /** Of `close`: the message of the error that ended the connection. */
  readonly error?: string;
}
