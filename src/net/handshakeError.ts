import type { TLSSocket } from 'node:tls';

/**
 * Why a server's TLS handshake failed.
 *
 * Node ends a client whose certificate it refuses as if the client had hung up, and leaves the reason with the socket.
 *
 * @param error - What Node says.
 * @param socket - The one that it says it of.
 * @returns An error with the reason's `code` (`'DEPTH_ZERO_SELF_SIGNED_CERT'`…), or `error` itself.
 */
export function handshakeError(error: Error, socket: TLSSocket): Error {
  // Typed as an error; on a server it is the error's code.
  const reason: unknown = socket.authorizationError;
  if (!reason) return error;
  const code = typeof reason === 'string' ? reason : ((reason as NodeJS.ErrnoException).code ?? String(reason));
  return Object.assign(new Error(`Cannot accept the client: its certificate is refused (${code})`, { cause: error }), {
    code,
  });
}
