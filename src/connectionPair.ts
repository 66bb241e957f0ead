import { assertByteCount } from './assertByteCount';
import { assertConnectionOptions } from './assertConnectionOptions';
import { Connection, type ConnectionOptions } from './Connection';
import { defaults } from './defaults';
import { MemoryTransport } from './MemoryTransport';

/** Options of {@link connectionPair}. */
export interface ConnectionPairOptions extends ConnectionOptions {
  /** How many bytes are under way in each direction before the sender has to wait, as in a kernel. Default 64 KiB. */
  readonly capacity?: number | undefined;
}

/**
 * Two connections joined in memory: what one writes, the other reads.
 *
 * They behave as the two ends of a socket do: FIN, resets, and pressure when one does not read. No port is opened.
 *
 * @example
 * ```ts
 * const [client, server] = connectionPair();
 * client.writer.write('ping\n');
 * console.log(`${await server.reader.readLine()}`.trim()); // ping
 * ```
 * @param options - Of both connections; `capacity` in bytes.
 * @throws `TypeError` or `RangeError` for options that can't be meant.
 */
export function connectionPair(options: ConnectionPairOptions = {}): [Connection, Connection] {
  assertConnectionOptions(options);
  if (options.capacity !== undefined) assertByteCount('capacity', options.capacity, 1, Number.POSITIVE_INFINITY);
  const [one, other] = MemoryTransport.pair(options.capacity ?? defaults.highWaterMark);
  return [new Connection(one, options), new Connection(other, options)];
}
