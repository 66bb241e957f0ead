import type { AddressInfo } from 'node:net';
import type { LocalEndpoint } from '../transports/Transport';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '::ffff:0.0.0.0']);

/** If a server is bound to one address, it is the local address of all its connections. */
export function findLocalEndpoint(bound: AddressInfo | string): LocalEndpoint | undefined {
  if (typeof bound === 'string' || WILDCARDS.has(bound.address)) return undefined;
  return { localAddress: bound.address, localPort: bound.port };
}
