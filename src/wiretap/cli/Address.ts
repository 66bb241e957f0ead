import { isIP } from 'node:net';
import { UsageError } from './UsageError';

/** A place on the command line: a port, with a host if one is given, or the path of a Unix socket. */
export type Address =
  | { readonly host: string | undefined; readonly port: number; readonly path?: undefined }
  | { readonly path: string };

/**
 * Reads `9000`, `host:9000`, `[::1]:9000`, `/run/x.sock`, `./x.sock` or `unix:x.sock`.
 *
 * @param option - Its option, for the message.
 * @param least - 1 for a port to dial, 0 for a port to listen on.
 * @throws UsageError - For anything else.
 */
export function parseAddress(option: string, text: string, least: 0 | 1): Address {
  if (text.startsWith('unix:') && text.length > 5) return { path: text.slice(5) };
  if (text.includes('/')) return { path: text };
  const [, bracketed, plain, digits = ''] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === '' ? Number.NaN : Number(digits);
  const right = port >= least && port <= 65_535 && (bracketed === undefined || isIP(bracketed) === 6);
  if (right) return { host, port };
  throw new UsageError(
    `Cannot use '${text}' for ${option}: it must be a port from ${least} to 65535, host:port, [IPv6]:port, or a path`,
  );
}

/** The address as a user writes it. */
export function showAddress(address: Address): string {
  if (address.path !== undefined) return address.path;
  const { host, port } = address;
  if (host === undefined) return `${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs of this machine reach the address. */
export function isLocalAddress(address: Address): boolean {
  if (address.path !== undefined) return true;
  const { host } = address;
  return host === undefined || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
