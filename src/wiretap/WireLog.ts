import type { WireEvent } from './WireEvent';

/** The events of one connection, and the ways to print them. Bytes of the peer are shown as text, and no terminal obeys them. */
export interface WireLog {
  /**
   * The events that are kept, oldest first.
   *
   * @param from - The first number that is wanted. Default: that of the first event.
   */
  events(from?: number): readonly WireEvent[];
  /** A marble diagram, in 80 columns. */
  toString(): string;
  /** Hexadecimal and text, side by side, in 80 columns. */
  toHex(): string;
  /** One event of JSON in each line; bytes as base64. `readJsonLines` reads it. */
  toJsonLines(): string;
  /** A capture that Wireshark reads. Its packets are made up: a program does not see those of the system. */
  toPcapng(): Uint8Array;
  /**
   * The source of a test that replays the conversation, with `runMarbles` or `scriptedPeer`.
   *
   * @param range - The first and the last number of a stretch, both included. Default: all events.
   * @throws `TypeError` for anything else.
   */
  toTest(as: 'marbles' | 'script', range?: { readonly from?: number; readonly to?: number }): string;
}
