import type { Duplex } from 'node:stream';
import { hasNoPeer } from './hasNoPeer';

/**
 * Whether the peer has reset a TCP socket, or TLS on one, that only says that it has ended.
 *
 * Node takes a reset for an end where it comes together with the last bytes, and where it is the answer to the session
 * tickets of TLS, which Node writes by itself. A stream that was cut would look whole, and a TLS socket would stay half-open
 * for ever. The system knows better: of a socket that was reset there is no peer any more: see
 * {@link hasNoPeer}. That of a Unix socket can't tell.
 *
 * A reset that follows FIN so closely that both are here is taken for a reset: nothing can be sent to that peer.
 */
export function wasReset(stream: Duplex): boolean {
  // Once FIN has gone both ways, there is no peer either.
  if (stream.writableEnded) return false;
  return hasNoPeer(stream);
}
