import type { Observable } from 'rxjs';
import type { WireEvent } from './WireEvent';

/** The newest events of one connection, and the ways to print them. */
export interface Wiretap {
  /**
   * The events that the ring still has, oldest first.
   *
   * @param from - The first number that is wanted: it costs as much as what it returns.
   */
  events(from?: number): readonly WireEvent[];
  /** The events from now on. It completes after `close`, or with `stop()`. */
  readonly events$: Observable<WireEvent>;
  /** A marble diagram. */
  toString(): string;
  /** Hexadecimal and text, side by side. */
  toHex(): string;
  /** One event of JSON in each line; bytes as base64. */
  toJsonLines(): string;
  /** A capture that Wireshark reads. */
  toPcapng(): Uint8Array;
  /**
   * The source of a test that replays the conversation.
   *
   * @param range - The first and the last number of a stretch, both included.
   */
  toTest(as: 'marbles' | 'script', range?: { readonly from?: number; readonly to?: number }): string;
  /** Ends the tap; what it has stays. */
  stop(): void;
}
