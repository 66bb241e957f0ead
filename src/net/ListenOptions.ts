import { type ListenOptions as NetListenOptions, Server as NetServer, type ServerOpts } from 'node:net';
import { type TlsOptions, Server as TlsServer } from 'node:tls';
import { assertCount, assertPort, assertSignal, assertTimeout } from '../argumentChecks';
import { assertConnectionOptions, type ConnectionOptions } from '../connection/ConnectionOptions';
import { type AcceptProxyOptions, assertAcceptProxyOptions } from './AcceptProxyOptions';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import { assertReusePort } from './assertReusePort';
import { assertProtectionOptions, type ProtectionOptions } from './ProtectionOptions';

/** Options of Node's net server that this library replaces or does not have. */
type OwnOptions = 'host' | 'port' | 'path' | 'fd' | 'backlog' | 'signal' | 'highWaterMark' | UnusableOptions;

/** Options of Node that can't work here. */
type UnusableOptions = 'allowHalfOpen' | 'pauseOnConnect';

/**
 * Where to listen (`port`, `path`, `fd` or `server`), and which connections to accept. Other options go to `net.createServer` and its `listen` unchanged
 * (`ipv6Only`, `exclusive`…).
 */
export interface ListenOptions
  extends ConnectionOptions,
    Omit<NetListenOptions, OwnOptions>,
    Omit<ServerOpts, OwnOptions>,
    ProtectionOptions {
  /**
   * The name or address to listen on. Default: all addresses of the system. For a name, the server listens on every address, as
   * asyncio does: all or none. Only an IPv6 address is left out on a system without IPv6.
   */
  readonly host?: string | undefined;
  /** The port. 0 chooses a free one, the same on every address; `server.port` has its number. */
  readonly port?: number | undefined;
  /**
   * The path of a Unix socket, instead of a port. A relative path is resolved at the call. Linux allows 107 bytes, other systems
   * 103; a longer path is a `TypeError`. On Linux, a name that begins with a NUL is an abstract socket without a file.
   *
   * The file of a dead server is replaced. The socket of a live server, or a file that is no socket, is `EADDRINUSE`. If several
   * processes start at once, one serves, and the others get `EADDRINUSE`; the workers of a `node:cluster` share the path. At the
   * end the file is removed if it is still the server's own.
   */
  readonly path?: string | undefined;
  /** The number of a file descriptor that listens already, as systemd and other parents pass it. */
  readonly fd?: number | undefined;
  /**
   * A server of `node:net` that you have made, or that another process has passed to this one. It needs no listener for its
   * connections. It belongs to the new server from now on, and is closed with it. If it does not listen itself, give it sockets by
   * `netServer.emit('connection', socket)`.
   */
  readonly server?: NetServer | undefined;
  /** TLS: options of `tls.createServer`, with `key` and `cert` at least. */
  readonly tls?: Omit<TlsOptions, UnusableOptions | 'handshakeTimeout'> | undefined;
  /**
   * Whether other processes may listen on the port too, each with a socket of its own that has this option (SO_REUSEPORT): the
   * kernel spreads new connections over them. Not on a path. It needs Node.js 22.12, or 23.1; an older one would ignore it, so it is
   * a `TypeError` there. Workers of a `node:cluster` share a port without it. Default `false`.
   */
  readonly reusePort?: boolean | undefined;
  /**
   * Reads a PROXY header, version 1 or 2, in front of each connection from your proxies, before TLS. The connection's `remoteAddress`
   * and `remotePort` are then the client's, and `connection.proxy` has the rest. At most `backlog` connections may wait for their
   * headers.
   */
  readonly proxyProtocol?: AcceptProxyOptions | undefined;
  /** How many connections may wait in the kernel, and how many more may wait in the server until you take them. Default 511. */
  readonly backlog?: number | undefined;
  /** How many connections may be open. The server closes further ones at once, or see `overload`. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /** How long a TLS handshake may take, in milliseconds. Default 60,000. */
  readonly handshakeTimeout?: number | undefined;
  /** Whether small writes leave at once, without waiting for others (TCP_NODELAY). Default `true`. */
  readonly noDelay?: boolean | undefined;
  /** Whether the system probes silent peers (SO_KEEPALIVE). Default `false`. */
  readonly keepAlive?: boolean | undefined;
  /** After how many milliseconds of silence the first probe is sent. Default 0: the setting of the system. */
  readonly keepAliveInitialDelay?: number | undefined;
  /** Aborting it closes the server. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Throws for invalid options of `listen`.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertListenOptions(options: ListenOptions): void {
  const { port, path, fd, server, tls } = options;
  const ways = [port, path, fd, server].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    throw new TypeError(`Cannot listen: exactly one of port, path, fd and server is needed, ${ways} are given`);
  }
  assertPort(port);
  if (fd !== undefined) {
    assertCount('fd', fd);
    assertNodeOptions('listen on a file descriptor', options, BOUND);
  }
  if (server !== undefined) {
    assertServer(server);
    assertNodeOptions('listen with a server', options, BOUND);
  }
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
    throw new TypeError('Cannot listen with TLS: tls must be options with a key and a certificate');
  }
  if (tls !== undefined) assertNodeOptions('listen with TLS', tls, UNUSABLE_FOR_TLS);
  assertNodeOptions('listen', options, UNUSABLE);
  assertReusePort(options);
  assertCount('backlog', options.backlog);
  if (options.maxConnections !== Number.POSITIVE_INFINITY) assertCount('maxConnections', options.maxConnections);
  assertProtectionOptions(options);
  assertTimeout('handshakeTimeout', options.handshakeTimeout);
  assertSignal(options.signal);
  assertAcceptProxyOptions(options.proxyProtocol);
  assertConnectionOptions(options);
}

/** Throws unless the connections of a given server can be taken. */
function assertServer(server: unknown): void {
  if (!(server instanceof NetServer)) {
    throw new TypeError(`Cannot listen with a server of type ${typeof server}: it must be a server of node:net`);
  }
  if (server instanceof TlsServer) {
    throw new TypeError('Cannot listen with a server of node:tls: give one of node:net, and tls beside it');
  }
  if (server.listenerCount('connection') > 0) {
    throw new TypeError('Cannot listen with a server that has listeners for its connections: both would read them');
  }
}

/** Options for a place to listen, where there is one already. */
const BOUND: Unusable = {
  host: 'it is bound already',
  ipv6Only: 'it is bound already',
  reusePort: 'it is bound already',
  readableAll: 'it is bound already',
  writableAll: 'it is bound already',
};

const UNUSABLE: Unusable = {
  handle: 'give server, or fd',
  timeout: 'use idleTimeout, for handshakes handshakeTimeout',
  onread: 'read from connection.reader',
  allowHalfOpen: 'connections stay half-open until they are closed',
  pauseOnConnect: 'connections are paused until they are taken',
  readable: 'connections are open both ways',
  writable: 'connections are open both ways',
};

const UNUSABLE_FOR_TLS: Unusable = {
  timeout: 'use idleTimeout beside tls',
  handshakeTimeout: 'give it beside tls',
  allowHalfOpen: 'connections stay half-open until they are closed',
  pauseOnConnect: 'connections are paused until they are taken',
};
