import type { AddressInfo } from 'node:net';
import type { Server } from '../../src';

/** The port of a server of ours. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
