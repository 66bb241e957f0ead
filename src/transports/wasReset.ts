import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { hasNoPeer } from './hasNoPeer';

/**
 * Whether the peer has reset a TLS socket over TCP that only says that it has ended.
 *
 * A server's session tickets are written by Node itself. If the reset is the answer to these, Node drops the error, reads an
 * end, and calls no later write back: the connection would stay half-open for ever. The system knows better:
 * see {@link hasNoPeer}.
 */
export function wasReset(stream: Duplex): boolean {
  // Once FIN has gone both ways, there is no peer either.
  if (!(stream as Partial<TLSSocket>).encrypted || stream.writableEnded) return false;
  return hasNoPeer(stream);
}
