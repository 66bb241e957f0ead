/** How a connection ended. */
export interface CloseInfo {
  /**
   * Who ended it: `'local'`, where we did with `close`, `destroy` or `reset`, or sent FIN first; `'peer'`, who sent FIN
   * first; `'reset'`, a peer that broke it off; `'timeout'`, silence or a peer that stalled while we closed; `'error'`,
   * anything else.
   */
  readonly by: 'local' | 'peer' | 'reset' | 'timeout' | 'error';
  /** What broke it, or the reason given to `destroy`. */
  readonly error?: unknown;
}
