import type { TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { ConnectionOptions } from '../connection/ConnectionOptions';

/** Options of `net.connect` that this library replaces or does not have. */
type OwnOptions = 'host' | 'port' | 'signal' | 'timeout' | 'onread' | 'allowHalfOpen' | 'readable' | 'writable' | 'fd';

/**
 * Where to connect to, and how: `host` and `port`, or `path`, or `socket`. Other options go to `net.connect` unchanged
 * (`localAddress`, `family`, `lookup`, `keepAlive`…); `noDelay` is on by default.
 */
export interface ConnectOptions extends ConnectionOptions, Omit<Partial<TcpNetConnectOpts>, OwnOptions> {
  /**
   * The peer's name or address. Default `'localhost'`. If a name has several addresses, the next one is tried after
   * `autoSelectFamilyAttemptTimeout` milliseconds (250), or as soon as one fails. The first one that connects is used.
   */
  readonly host?: string | undefined;
  /** The peer's port. */
  readonly port?: number | undefined;
  /** The path of a Unix socket; a relative one is resolved at the call. 107 bytes at most on Linux, 103 elsewhere. */
  readonly path?: string | undefined;
  /** A stream that is connected or connecting. The connection owns it from now on. */
  readonly socket?: Duplex | undefined;
  /**
   * TLS: `true` for the defaults, or options of `tls.connect`. The peer's certificate and host name are verified unless the
   * options say otherwise. Without a host, `servername` is required.
   */
  readonly tls?: boolean | Omit<TlsOptions, 'timeout' | 'socket'> | undefined;
  /**
   * Whether our side stays open when the peer has ended. If not, FIN is sent once all received bytes are read and all queued
   * bytes are written. Default `false` for `connect`, `true` for `openConnection`, as in asyncio.
   */
  readonly halfOpen?: boolean | undefined;
  /** Aborting it cancels the dialing, or ends the connection. Nothing dials again after that. */
  readonly signal?: AbortSignal | undefined;
  /** How long name look-up, TCP and TLS may take together, in milliseconds. Default 0: as long as the system allows. */
  readonly connectTimeout?: number | undefined;
  /** How long the TLS handshake may take, in milliseconds. Default 60,000; 0 waits for ever. */
  readonly handshakeTimeout?: number | undefined;
}
