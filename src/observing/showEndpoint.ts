/** The longest address with its port that an end of a TCP connection has: IPv6 in full, and a zone. */
const MAX_LENGTH = 60;

/**
 * One end of a connection: `127.0.0.1:80`, `[::1]:80`, or the path of a Unix socket. Of a long path the end is shown, an abstract
 * one begins with `@`, and what does not print is a `?`.
 */
export function showEndpoint(address: string | undefined, port?: number): string | undefined {
  if (address === undefined || address === '') return undefined;
  const printable = address.replace(/^\0/, '@').replace(/\p{C}/gu, '?');
  const host = port !== undefined && printable.includes(':') ? `[${printable}]` : printable;
  const whole = port === undefined ? host : `${host}:${port}`;
  return whole.length > MAX_LENGTH ? `…${whole.slice(1 - MAX_LENGTH)}` : whole;
}
