/** What an onlooker sees of a connection, at the moment when it happens. */
export type Sight =
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
  | 'close';

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
   * @param data - The bytes. They are not the onlooker's, so it copies what it keeps.
   */
  see(sight: Sight, bytes?: number, data?: Uint8Array | string): void;
}
