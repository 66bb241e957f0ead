import { assertByteCount, assertCount } from '../argumentChecks';
import type { ListenOptions } from './ListenOptions';
import { publicProtection } from './publicProtection';

/** What protects a server from clients that take too much. Every limit is off by default. */
export interface ProtectionOptions {
  /**
   * Sets all limits of a server that strangers can reach, with the numbers of `docs/protection.md`. An option that you give
   * has your value. Default: none.
   */
  readonly protection?: 'public' | undefined;
  /**
   * How many connections one address may have, those that wait too. IPv6 addresses of one network (/64) count as one. Unix sockets
   * have no address and no such limit. Further ones are always refused: if they could wait, one address could take all places.
   */
  readonly maxConnectionsPerAddress?: number | undefined;
  /** How many connections may come in a second. The connections of one second may come at once. */
  readonly acceptRate?: number | undefined;
  /** How many TLS handshakes may run at once. Needs `tls`. */
  readonly maxHandshakes?: number | undefined;
  /**
   * How many bytes all connections of the server may hold, unread or queued, and 40 KiB for each connection with TLS. Above it
   * the connections that hold most are ended with a `BufferOverflowError`, and new ones with TLS are not accepted.
   */
  readonly memoryLimit?: number | undefined;
  /**
   * What happens to a connection that comes while `maxConnections`, `acceptRate`, `maxHandshakes` or `memoryLimit` is reached.
   * `'refuse'` closes it. `'wait'` leaves it unread, without handshake and handler, until there is room: at most as many as
   * `backlog` says, the oldest first. Default `'refuse'`.
   */
  readonly overload?: 'wait' | 'refuse' | undefined;
}

/**
 * Throws for invalid options of the protection.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertProtectionOptions(options: ProtectionOptions & Pick<ListenOptions, 'tls'>): void {
  const { protection, overload, memoryLimit, maxHandshakes, tls } = options;
  if (protection !== undefined && protection !== 'public')
    throw new TypeError(`Cannot use ${String(protection)} as protection: it must be 'public'`);
  if (overload !== undefined && overload !== 'wait' && overload !== 'refuse')
    throw new TypeError(`Cannot use ${String(overload)} as overload: it must be 'wait' or 'refuse'`);
  for (const name of ['maxConnectionsPerAddress', 'acceptRate', 'maxHandshakes'] as const) {
    // Off, where the preset has a number.
    if (options[name] !== Number.POSITIVE_INFINITY) assertCount(name, options[name]);
  }
  if (memoryLimit !== undefined) assertByteCount('memoryLimit', memoryLimit, 1, Number.POSITIVE_INFINITY);
  if (maxHandshakes !== undefined && tls === undefined) {
    throw new TypeError(
      'Cannot use maxHandshakes without tls: a handshake of startTls belongs to an accepted connection',
    );
  }
}

/** The options with the limits of their preset, if they name one. */
export function withProtectionOptions(options: ListenOptions): ListenOptions {
  if (options.protection === undefined) return options;
  const named = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...publicProtection, ...Object.fromEntries(named) };
}

/** The options for Node, without those of the protection. */
export function withoutProtectionOptions<T extends ProtectionOptions>(options: T): Omit<T, keyof ProtectionOptions> {
  const { protection, maxConnectionsPerAddress, acceptRate, maxHandshakes, memoryLimit, overload, ...rest } = options;
  return rest;
}
