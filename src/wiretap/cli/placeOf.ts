import { resolve } from 'node:path';
import type { Address } from './Address';
import type { CommandIo } from './CommandIo';
import { withHost } from './withHost';

/** An address as options of `listen` and `connect`. */
export function placeOf(address: Address, { folder }: CommandIo) {
  const place = withHost(address);
  return place.path === undefined ? { host: place.host, port: place.port } : { path: resolve(folder, place.path) };
}
