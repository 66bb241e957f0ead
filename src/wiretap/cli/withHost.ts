import type { Address } from './Address';

/** A port without a host is one of this machine. */
export function withHost(address: Address): Address {
  return address.path === undefined ? { ...address, host: address.host ?? '127.0.0.1' } : address;
}
