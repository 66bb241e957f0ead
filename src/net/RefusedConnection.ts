/** A connection that a server has closed before anybody got it. */
export interface RefusedConnection {
  /** The peer's address; absent for a Unix socket, and if the peer had left already. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /**
   * Why: the option whose limit was reached. `'backlog'`: as many as it allows waited for somebody to take them, for their PROXY
   * headers, or for room with `overload: 'wait'`.
   */
  readonly reason:
    | 'maxConnections'
    | 'backlog'
    | 'maxConnectionsPerAddress'
    | 'acceptRate'
    | 'maxHandshakes'
    | 'memoryLimit';
}
