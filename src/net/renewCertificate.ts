import type { Server as NetServer } from 'node:net';
import { createSecureContext, type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import { nodeTlsOptions } from './nodeTlsOptions';
import { shareTickets } from './shareTickets';

/**
 * Gives TLS servers another certificate, key and other parts of their context, for the handshakes that begin from now on.
 *
 * @throws `TypeError` for invalid options; then nothing has changed.
 */
export function renewCertificate(sources: readonly NetServer[], options: SecureContextOptions): void {
  const servers = sources.filter((source): source is TlsServer => source instanceof TlsServer);
  if (servers.length === 0) throw new TypeError('Cannot set a secure context: the server has no TLS');
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('Cannot set a secure context: it must be options with a key and a certificate');
  }
  assertNodeOptions('set a secure context', options, FIXED);
  const { key, cert, pfx } = options;
  if (!pfx && !(key && cert)) throw new TypeError('Cannot set a secure context: there is no key and certificate');
  const tls = nodeTlsOptions(options);
  try {
    // A server keeps the options that it was given, also those of a context that can't be made.
    createSecureContext(tls);
  } catch (cause) {
    throw new TypeError(`Cannot set a secure context: ${(cause as Error).message}`, { cause });
  }
  for (const server of servers) server.setSecureContext(tls);
  shareTickets(servers);
}

const OF_LISTEN = 'it is fixed when the server starts to listen';

/** Options of `tls.createServer` that belong to the server, and not to its context. */
const FIXED: Unusable = {
  ALPNCallback: OF_LISTEN,
  ALPNProtocols: OF_LISTEN,
  SNICallback: OF_LISTEN,
  handshakeTimeout: OF_LISTEN,
  pskCallback: OF_LISTEN,
  pskIdentityHint: OF_LISTEN,
  rejectUnauthorized: OF_LISTEN,
  requestCert: OF_LISTEN,
  secureContext: 'give the options of tls.createSecureContext themselves',
};
