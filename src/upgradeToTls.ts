import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket, type ConnectionOptions as TlsOptions } from 'node:tls';

/**
 * Puts TLS, as a client, on a stream that is connected.
 *
 * @param raw - The stream beneath; it belongs to the TLS socket from now on.
 * @param options - Options of `tls.connect`; `servername`, where it is missing, is the host.
 * @param host - The name that the peer's certificate is verified against, and that it is told (SNI) unless it is an address.
 * @param done - Called once the peer is verified. Failures are `'error'` events of the socket.
 */
export function upgradeToTls(raw: Duplex, options: TlsOptions, host: string | undefined, done: () => void): TLSSocket {
  const name = host !== undefined && isIP(host) === 0 ? { servername: host } : {};
  return connect({ ...(host !== undefined && { host }), ...name, ...options, socket: raw }, done);
}
