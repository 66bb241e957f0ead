import type { Duplex } from 'node:stream';

/**
 * Whether the system has no peer for a socket any more: it was reset, though its stream may not have told yet.
 *
 * Node has no public way to ask, so this looks at the handle, where there is one; that of a Unix socket can't tell.
 */
export function hasNoPeer(stream: Duplex): boolean {
  const { _handle } = stream as { readonly _handle?: { getpeername?(into: object): number } | null };
  return (_handle?.getpeername?.({}) ?? 0) < 0;
}
