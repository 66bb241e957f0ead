import type { ConnectionOptions as TlsConnectOptions, TlsOptions } from 'node:tls';

/** Options of Node's that can't work here. */
type UnusableOptions = 'timeout' | 'socket' | 'allowHalfOpen' | 'pauseOnConnect';

/**
 * How a connection is upgraded to TLS: options of `tls.connect` on the client's side, of `tls.createServer` or a
 * `secureContext` on the server's, and these.
 */
export interface StartTlsOptions
  extends Omit<TlsConnectOptions, UnusableOptions>,
    Omit<TlsOptions, UnusableOptions | keyof TlsConnectOptions> {
  /** Which side of the handshake we are. Default: `'client'` where we dialed, `'server'` where we accepted. */
  readonly side?: 'client' | 'server' | undefined;
  /**
   * What becomes of bytes that came in the clear and are unread: `'feed'` gives them to the handshake, `'discard'` drops
   * them. Default: a server feeds them; on a client they are an injection, and a `PlaintextPendingError`. Those that wait
   * behind an operator can't be fed: unless they are discarded, they are that error on both sides.
   */
  readonly pending?: 'feed' | 'discard' | undefined;
  /** Aborting it gives the upgrade up: the promise rejects with `signal.reason`, and the connection is destroyed. */
  readonly signal?: AbortSignal | undefined;
}
