/** How a connection ended. */
export interface CloseInfo {
  /**
   * Who ended it. `'local'`: this side called `close`, `destroy` or `reset`, or sent FIN first. `'peer'`: the peer sent FIN first.
   * `'reset'`: the peer reset it. `'timeout'`: silence, or a peer that stalled while this side closed. `'error'`: anything else.
   */
  readonly by: 'local' | 'peer' | 'reset' | 'timeout' | 'error';
  /** The error that broke it, or the reason that was given to `destroy`. */
  readonly error?: unknown;
}
