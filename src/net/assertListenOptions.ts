import { assertCount, assertPort, assertSignal, assertTimeout } from '../checks';
import { assertConnectionOptions } from '../connection/assertConnectionOptions';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import type { ListenOptions } from './ListenOptions';

const UNUSABLE: Unusable = {
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

/**
 * Throws for invalid options of `listen`.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertListenOptions(options: ListenOptions): void {
  const { port, path, tls } = options;
  if ((port === undefined) === (path === undefined)) {
    throw new TypeError(`Cannot listen: one of port and path is needed, ${port === undefined ? 'none' : 'both'} given`);
  }
  assertPort(port);
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
    throw new TypeError('Cannot listen with TLS: tls must be options with a key and a certificate');
  }
  if (tls !== undefined) assertNodeOptions('listen with TLS', tls, UNUSABLE_FOR_TLS);
  assertNodeOptions('listen', options, UNUSABLE);
  assertCount('backlog', options.backlog);
  assertCount('maxConnections', options.maxConnections);
  assertTimeout('handshakeTimeout', options.handshakeTimeout);
  assertSignal(options.signal);
  assertConnectionOptions(options);
}
