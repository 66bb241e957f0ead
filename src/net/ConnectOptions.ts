import type { TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { inspect } from 'node:util';
import { assertPort, assertSignal, assertTimeout } from '../argumentChecks';
import { assertConnectionOptions, type ConnectionOptions } from '../connection/ConnectionOptions';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import { assertVerifiable } from './assertVerifiable';
import { assertSendProxyOptions, type SendProxyOptions } from './SendProxyOptions';

/** Options of `net.connect` that this library replaces or does not have. */
type OwnOptions = 'host' | 'port' | 'signal' | 'timeout' | 'onread' | 'allowHalfOpen' | 'readable' | 'writable' | 'fd';

/**
 * Where to connect to, and how: `host` and `port`, or `path`, or `socket`. Other options go to `net.connect` unchanged
 * (`localAddress`, `family`, `lookup`, `keepAlive`…); `noDelay` is on by default.
 */
export interface ConnectOptions extends ConnectionOptions, Omit<Partial<TcpNetConnectOpts>, OwnOptions> {
  /**
   * The peer's name or address. Default `'localhost'`. If a name has several addresses, the next one is tried after
   * `autoSelectFamilyAttemptTimeout` milliseconds (250; 500 from Node 26 on), or as soon as one fails. The first one that connects is used.
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
   * Sends a PROXY header as the first bytes, before TLS, to a server that reads one. `connection.bytesWritten` does not count it.
   * With `reconnect`, each connection begins with one.
   */
  readonly proxyProtocol?: SendProxyOptions | undefined;
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

/**
 * Throws for invalid options of `connect`.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertConnectOptions(options: ConnectOptions): void {
  const { host, port, path, socket, tls } = options;
  const ways = [host !== undefined || port !== undefined, path !== undefined, socket !== undefined].filter(
    Boolean,
  ).length;
  if (ways !== 1)
    throw new TypeError(`Cannot connect: exactly one of port, path and socket is needed, ${ways} are given`);
  if (socket !== undefined && typeof socket?.pipe !== 'function') {
    throw new TypeError(`Cannot connect on a socket of type ${typeof socket}: it must be a Duplex stream`);
  }
  if (host !== undefined && port === undefined) throw new TypeError(`Cannot connect to ${host}: no port is given`);
  assertPort(port);
  // Anything else, such as `null` from a settings file, must not dial in the clear.
  if (tls !== undefined && typeof tls !== 'boolean' && (typeof tls !== 'object' || tls === null)) {
    throw new TypeError(`Cannot connect with ${inspect(tls)} as tls: it must be a boolean or options`);
  }
  if (tls && port === undefined) assertVerifiable(tls === true ? {} : tls, undefined);
  if (options.lookup !== undefined && typeof options.lookup !== 'function') {
    throw new TypeError(`Cannot use ${inspect(options.lookup)} as lookup: it must be a function`);
  }
  assertNodeOptions('connect', options, UNUSABLE);
  if (typeof tls === 'object') assertNodeOptions('connect with TLS', tls, UNUSABLE_FOR_TLS);
  assertSignal(options.signal);
  assertSendProxyOptions(options.proxyProtocol);
  assertConnectionOptions(options);
  assertTimeout('connectTimeout', options.connectTimeout);
  assertTimeout('handshakeTimeout', options.handshakeTimeout);
  assertTimeout('autoSelectFamilyAttemptTimeout', options.autoSelectFamilyAttemptTimeout);
}

const UNUSABLE: Unusable = {
  timeout: 'use connectTimeout or idleTimeout',
  onread: 'read from connection.reader',
  allowHalfOpen: 'connections stay half-open; connect has the option halfOpen',
  readable: 'connections are open both ways',
  writable: 'connections are open both ways',
  fd: 'give socket, a net.Socket made with it',
};

const UNUSABLE_FOR_TLS: Unusable = {
  timeout: 'use connectTimeout or idleTimeout beside tls',
  onread: 'read from connection.reader',
  socket: 'give it beside tls',
};
