/** A connection that a server has closed as soon as it came. */
export interface RefusedConnection {
  /** The peer's address; absent for a Unix socket, and if the peer had left already. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /**
   * Why: `maxConnections` were open, or as many as `backlog` allows waited for somebody to take them, or for their PROXY headers.
   */
  readonly reason: 'maxConnections' | 'backlog';
}
