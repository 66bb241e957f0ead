import { inspect } from 'node:util';
import { assertPort, assertSignal, assertTimeout } from '../checks';
import { assertConnectionOptions } from '../connection/assertConnectionOptions';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import type { ConnectOptions } from './ConnectOptions';

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
  if (tls && port === undefined && !knowsWhomToVerify(tls)) {
    throw new TypeError('Cannot verify a TLS peer without a host: give tls.servername');
  }
  if (options.lookup !== undefined && typeof options.lookup !== 'function') {
    throw new TypeError(`Cannot use ${inspect(options.lookup)} as lookup: it must be a function`);
  }
  assertNodeOptions('connect', options, UNUSABLE);
  if (typeof tls === 'object') assertNodeOptions('connect with TLS', tls, UNUSABLE_FOR_TLS);
  assertSignal(options.signal);
  assertConnectionOptions(options);
  assertTimeout('connectTimeout', options.connectTimeout);
  assertTimeout('handshakeTimeout', options.handshakeTimeout);
  assertTimeout('autoSelectFamilyAttemptTimeout', options.autoSelectFamilyAttemptTimeout);
}

function knowsWhomToVerify(tls: Exclude<ConnectOptions['tls'], undefined | false>): boolean {
  if (tls === true) return false;
  return (
    Boolean(tls.servername || tls.host) || tls.rejectUnauthorized === false || tls.checkServerIdentity !== undefined
  );
}
