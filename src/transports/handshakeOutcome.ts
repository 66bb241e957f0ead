import type { TLSSocket } from 'node:tls';
import type { HandshakeMessage } from '../observing/ChannelMessages';

/**
 * The part of a trace's message that describes a handshake that is done.
 *
 * @param secure - The secure socket; anything else if a test pretends that there is TLS.
 */
export function handshakeOutcome(secure: unknown): Partial<HandshakeMessage> {
  const { getProtocol, isSessionReused } = (secure ?? {}) as Partial<TLSSocket>;
  const protocol = getProtocol?.call(secure as TLSSocket) ?? undefined;
  return { protocol, resumed: isSessionReused?.call(secure as TLSSocket) ?? false };
}
