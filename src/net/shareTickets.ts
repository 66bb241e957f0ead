import type { Server as TlsServer } from 'node:tls';

/** Makes TLS servers use the same keys for tickets: a client may resume its session at another address. */
export function shareTickets([first, ...others]: readonly TlsServer[]): void {
  if (first === undefined) return;
  for (const other of others) other.setTicketKeys(first.getTicketKeys());
}
