import type { WireEventKind } from '../wiretap/WireEvent';

/** What an onlooker sees of a connection, at the moment when it happens. */
export type Sight = Exclude<WireEventKind, 'open' | 'gap'>;

/**
 * Sees everything that happens on a connection, and changes nothing. A connection without one pays a test for each chunk.
 *
 * It is called in the middle of the work. If it throws, it sees no more, and the work goes on.
 */
export interface Onlooker {
  /**
   * Something happens. The onlooker sees it before the program does.
   *
   * @param bytes - How many bytes arrived or were written; with `'tls'`, how many of those that arrived last belong to the handshake.
   * @param data - The bytes. They are not the onlooker's: it copies what it keeps, unless it knows that nobody changes them.
   */
  see(sight: Sight, bytes?: number, data?: Uint8Array | string): void;
}
