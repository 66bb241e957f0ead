import type { Holders } from '../reading/Holders';
import { showDuration } from './showDuration';
import { showLine } from './showLine';
import { showSize } from './showSize';

/** What `console.log` and `JSON.stringify` show of a reader: its state and its counters, and no byte of the peer. */
export interface ReaderSnapshot {
  /** `'open'`, `'ended'` after the end of the stream, `'failed'` if the stream broke. There may be unread bytes. */
  readonly state: 'open' | 'ended' | 'failed';
  /** How many bytes have arrived and are unread. */
  readonly unread: number;
  /** The longest line or record in bytes. */
  readonly limit: number;
  /** True while a read is active: a subscription or a promise. */
  readonly reading: boolean;
  /** True while the source is paused, because too much is unread. */
  readonly paused: boolean;
  /** Since when the reader has been held, in milliseconds since 1970; absent while nothing holds it. */
  readonly heldSince?: number;
  /** What holds it: as in the `stats()` of a connection. */
  readonly heldBy?: readonly string[];
}

/** The part of a snapshot that says what holds the reader. */
export function heldInReaderSnapshot(holders: Holders | undefined): Pick<ReaderSnapshot, 'heldSince' | 'heldBy'> {
  const heldSince = holders?.since;
  return heldSince === undefined ? {} : { heldSince, heldBy: (holders as Holders).list };
}

/** One line of a reader. */
export function showReaderSnapshot(name: string, now: number, snapshot: ReaderSnapshot): string {
  const { state, unread, limit, reading, paused, heldSince, heldBy = [] } = snapshot;
  return showLine(name, [
    state,
    `${showSize(unread, 1024)} unread`,
    `limit ${showSize(limit, 1024)}`,
    reading && 'reading',
    paused && 'source paused',
    heldSince !== undefined && `held ${showDuration(now - heldSince)} by ${heldBy.join(' and ')}`,
  ]);
}
