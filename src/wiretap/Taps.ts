import type { Observable } from 'rxjs';
import type { Wiretap } from './wiretap';

/** A connection that is shown. */
export interface NamedConnection {
  /** The number in its events. */
  readonly id: number;
  /** The address of the program that connected. */
  readonly client: string;
  /** The address to which it is forwarded. */
  readonly target: string;
  /** Milliseconds since 1970, by the wall clock, when the tap began: the zero of the events' `time`. */
  readonly openedAt: number;
  /** Whose view the events are: `tx` are the bytes that this side sends, `rx` those of the other one. Default `'client'`. */
  readonly side?: 'client' | 'server';
}

/** One connection that the command stands in. */
export interface TappedConnection extends NamedConnection {
  readonly tap: Wiretap;
}

/** All connections that the command stands in: what the terminal and the page show. */
export interface Taps {
  /** Those that are open, and the newest of those that are closed; oldest first. */
  readonly connections: ReadonlyMap<number, TappedConnection>;
  /** Each connection, when its tap begins. */
  readonly opened$: Observable<TappedConnection>;
}
