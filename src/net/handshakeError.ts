import type { TLSSocket } from 'node:tls';

/**
 * Why a server's TLS handshake failed.
 *
 * When Node refuses a client's certificate, its error says that the client hung up. The reason is a property of the socket.
 *
 * @param error - The error of Node.
 * @param socket - The socket of the handshake.
 * @returns An error with the reason's `code` (`'DEPTH_ZERO_SELF_SIGNED_CERT'`…), or `error` itself.
 */
export function handshakeError(error: Error, socket: TLSSocket): Error {
  // Its type is `Error`, but on a server it is the code of the error.
  const reason: unknown = socket.authorizationError;
  if (!reason) return error;
  const code = typeof reason === 'string' ? reason : ((reason as NodeJS.ErrnoException).code ?? String(reason));
  return Object.assign(new Error(`Cannot accept the client: its certificate is refused (${code})`, { cause: error }), {
    code,
  });
}
