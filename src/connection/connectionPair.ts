import type { SchedulerLike } from 'rxjs';
import { Connection } from './Connection';
import type { ConnectionOptions } from './ConnectionOptions';
import { memoryTransports } from './memoryTransports';

/** Options of {@link connectionPair}. */
export interface ConnectionPairOptions extends ConnectionOptions {
  /** How many bytes may be on their way in each direction before the sender must wait, as in a kernel. Default 64 KiB. */
  readonly capacity?: number | undefined;
  /**
   * The scheduler of every delivery, for example a `TestScheduler` with virtual time. Default: the end of the turn of the event
   * loop.
   */
  readonly scheduler?: SchedulerLike | undefined;
}

/**
 * Two connections joined in memory: each reads what the other writes.
 *
 * They behave like the two ends of a socket: FIN, resets, and pressure when one does not read. No port is opened.
 *
 * With a `scheduler`, no promise, timer or tick comes between a write and its delivery: both happen in the same frame of its
 * time. Time limits of connections and of reads use RxJS's clock. Inside `TestScheduler.run` that clock is virtual too.
 *
 * @example
 * ```ts
 * import { connectionPair } from 'rxjs-tcp';
 *
 * const [client, server] = connectionPair();
 * client.writer.write('ping\n');
 * console.log(`${await server.reader.readLine()}`.trimEnd()); // → ping
 * ```
 * @param options - Options of both connections; `capacity` in bytes, `scheduler`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function connectionPair(options: ConnectionPairOptions = {}): [Connection, Connection] {
  const [one, other] = memoryTransports(options);
  return [new Connection(one, options), new Connection(other, options)];
}
