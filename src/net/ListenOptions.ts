import type { ListenOptions as NetListenOptions, ServerOpts } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { ConnectionOptions } from '../connection/ConnectionOptions';

/** Options that a net server takes and we have our own of, or none. */
type OwnOptions = 'host' | 'port' | 'path' | 'backlog' | 'signal' | 'highWaterMark' | UnusableOptions;

/** Options of Node's that can't work here. */
type UnusableOptions = 'allowHalfOpen' | 'pauseOnConnect';

/**
 * Where to listen, and for what connections. What is not named here goes to `net.createServer` and its `listen` as it is
 * (`ipv6Only`, `exclusive`…).
 */
export interface ListenOptions
  extends ConnectionOptions,
    Omit<NetListenOptions, OwnOptions>,
    Omit<ServerOpts, OwnOptions> {
  /**
   * The name or address to listen on. Default: all addresses of the system. Of a name the server takes every address, as asyncio
   * does: all or none, except that an IPv6 address is left out on a system without IPv6.
   */
  readonly host?: string | undefined;
  /** The port; 0 takes any that is free, the same on every address, and `server.port` tells which. */
  readonly port?: number | undefined;
  /**
   * The path of a Unix socket, instead of a port; a relative one is resolved at the call. Linux takes 107 bytes, other systems 103; a
   * longer path is a `TypeError`. On Linux, a name that begins with a NUL is an abstract one, without a file.
   *
   * The file of a dead server is replaced; a live server's, or a file that is no socket, is `EADDRINUSE`. Of several processes
   * that start at once, one serves, and the others get `EADDRINUSE`; the workers of a `node:cluster` share the path. The file is
   * removed at the end if it is still ours.
   */
  readonly path?: string | undefined;
  /** TLS: options of `tls.createServer`, with `key` and `cert` at least. */
  readonly tls?: Omit<TlsOptions, UnusableOptions | 'handshakeTimeout'> | undefined;
  /** How many connections may wait: in the kernel, and again here as long as nobody takes them. Default 511. */
  readonly backlog?: number | undefined;
  /** How many connections may be open; more are closed as they come. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /** How long a TLS handshake may take, in milliseconds. Default 60,000. */
  readonly handshakeTimeout?: number | undefined;
  /** Whether small writes leave at once, without waiting for others (TCP_NODELAY). Default `true`. */
  readonly noDelay?: boolean | undefined;
  /** Whether the system asks silent peers whether they are still there. Default `false`. */
  readonly keepAlive?: boolean | undefined;
  /** After how many milliseconds of silence it asks for the first time. Default 0: as the system is set up. */
  readonly keepAliveInitialDelay?: number | undefined;
  /** Aborting it closes the server. */
  readonly signal?: AbortSignal | undefined;
}
