import type { ConnectionOptions as TlsOptions } from 'node:tls';

/**
 * Throws unless a client knows which host its peer's certificate must name, or needs to know none.
 *
 * @param tls - The options of a client.
 * @param host - The host that was dialed.
 * @throws `TypeError`
 */
export function assertVerifiable(
  tls: Pick<TlsOptions, 'servername' | 'host' | 'checkServerIdentity' | 'rejectUnauthorized'>,
  host: string | undefined,
): void {
  const hasName = Boolean(host || tls.servername || tls.host);
  if (hasName || tls.checkServerIdentity !== undefined || tls.rejectUnauthorized === false) return;
  throw new TypeError('Cannot verify a TLS peer without a host: give servername');
}
