import type { ConnectionOptions as TlsConnectOptions, TlsOptions } from 'node:tls';

/** Options of Node that can't work here. */
type UnusableOptions = 'timeout' | 'socket' | 'allowHalfOpen' | 'pauseOnConnect';

/**
 * How to upgrade a connection to TLS: on a client the options of `tls.connect`, on a server those of `tls.createServer` or a
 * `secureContext`, and these:
 */
export interface StartTlsOptions
  extends Omit<TlsConnectOptions, UnusableOptions>,
    Omit<TlsOptions, UnusableOptions | keyof TlsConnectOptions> {
  /** Your side of the handshake. Default: `'client'` if this side has dialed, `'server'` if it has accepted. */
  readonly side?: 'client' | 'server' | undefined;
  /**
   * What happens to unread bytes that came in the clear: `'feed'` passes them to the handshake, `'discard'` drops them. By
   * default a server feeds them; on a client they were injected, and are a `PlaintextPendingError`. Bytes that wait behind an
   * operator can't be fed: unless you discard them, they are that error on both sides.
   */
  readonly pending?: 'feed' | 'discard' | undefined;
  /** Aborting it cancels the upgrade: the promise rejects with `signal.reason`, and the connection is destroyed. */
  readonly signal?: AbortSignal | undefined;
}
