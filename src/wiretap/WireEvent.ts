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
  /** Counts the events of the connection, from 0. A gap takes the numbers of the events that it replaces. */
  readonly seq: number;
  /** Microseconds on a clock that never goes back, since the connection's tap began. */
  readonly time: number;
  /** The number of the connection, from 1, in the order in which they were tapped. */
  readonly connection: number;
  readonly kind: WireEventKind;
  /** How many bytes came or went; of a gap, how many were dropped. */
  readonly bytes?: number;
  /** The bytes that were kept, after `redact`: at most `capture` of them. */
  readonly data?: Uint8Array;
}
