import { assertConnectionOptions } from './assertConnectionOptions';
import { assertCount } from './assertCount';
import { assertPort } from './assertPort';
import { assertSignal } from './assertSignal';
import { assertTimeout } from './assertTimeout';
import type { ListenOptions } from './ListenOptions';

/**
 * Refuses options of `listen` that can't be meant.
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
  assertCount('backlog', options.backlog);
  assertCount('maxConnections', options.maxConnections);
  assertTimeout('handshakeTimeout', options.handshakeTimeout);
  assertSignal(options.signal);
  assertConnectionOptions(options);
}
