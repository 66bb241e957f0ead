import type { TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { ConnectionOptions } from '../connection/ConnectionOptions';

/** Options that `net.connect` takes and we have our own of, or none. */
type OwnOptions = 'host' | 'port' | 'signal' | 'timeout' | 'onread' | 'allowHalfOpen' | 'readable' | 'writable' | 'fd';

/**
 * Where to connect to, and how: `host` and `port`, or `path`, or `socket`. What is not named here goes to `net.connect` as
 * it is (`localAddress`, `family`, `lookup`, `keepAlive`…); `noDelay` is on by default.
 */
export interface ConnectOptions extends ConnectionOptions, Omit<Partial<TcpNetConnectOpts>, OwnOptions> {
  /**
   * The peer's name or address. Default `'localhost'`. Of a name with several addresses the next is tried after
   * `autoSelectFamilyAttemptTimeout` milliseconds (250), or as soon as one fails; the first that connects is taken.
   */
  readonly host?: string | undefined;
  /** The peer's port. */
  readonly port?: number | undefined;
  /** The path of a Unix socket; a relative one is resolved at the call. 107 bytes at most on Linux, 103 elsewhere. */
  readonly path?: string | undefined;
  /** A stream that is connected already, or about to be; the connection owns it from now on. */
  readonly socket?: Duplex | undefined;
  /**
   * TLS: `true` for the usual, or options of `tls.connect`. The peer's certificate and host name are verified unless they
   * say otherwise; where no host is known, `servername` is needed.
   */
  readonly tls?: boolean | Omit<TlsOptions, 'timeout' | 'socket'> | undefined;
  /**
   * Whether our side stays open when the peer has ended. If not, FIN is sent once everything that came is read and what is
   * queued is written. Default `false` for `connect`, `true` for `openConnection`, as in asyncio.
   */
  readonly halfOpen?: boolean | undefined;
  /** Aborting it gives up the dialing, or ends the connection; nothing dials again after that. */
  readonly signal?: AbortSignal | undefined;
  /** How long name look-up, TCP and TLS may take together, in milliseconds. Default 0: as long as the system tries. */
  readonly connectTimeout?: number | undefined;
  /** How long the TLS handshake may take, in milliseconds. Default 60,000; 0 waits for ever. */
  readonly handshakeTimeout?: number | undefined;
}
