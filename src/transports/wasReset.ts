import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/**
 * Whether the peer has reset a TLS socket over TCP that only says that it has ended.
 *
 * A server's session tickets are written by Node itself. If the reset is the answer to these, Node drops the error, reads an
 * end, and calls no later write back: the connection would stay half-open for ever. The system knows better: of a socket
 * that was reset there is no peer any more. Node has no public way to ask, so this looks at the handle, where there is one; that of
 * a Unix socket can't tell.
 */
export function wasReset(stream: Duplex): boolean {
  // Once FIN has gone both ways, there is no peer either.
  if (!(stream as Partial<TLSSocket>).encrypted || stream.writableEnded) return false;
  const { _handle } = stream as { readonly _handle?: { getpeername?(into: object): number } | null };
  return (_handle?.getpeername?.({}) ?? 0) < 0;
}
