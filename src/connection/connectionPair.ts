import type { SchedulerLike } from 'rxjs';
import { assertByteCount } from '../checks';
import { defaults } from '../defaults';
import { MemoryTransport, type Turns } from '../transports/MemoryTransport';
import { assertConnectionOptions } from './assertConnectionOptions';
import { Connection } from './Connection';
import type { ConnectionOptions } from './ConnectionOptions';

/** Options of {@link connectionPair}. */
export interface ConnectionPairOptions extends ConnectionOptions {
  /** How many bytes are under way in each direction before the sender has to wait, as in a kernel. Default 64 KiB. */
  readonly capacity?: number | undefined;
  /**
   * Where every delivery happens: in the virtual time of a `TestScheduler`, say. By default at the end of the turn of the
   * event loop.
   */
  readonly scheduler?: SchedulerLike | undefined;
}

/**
 * Two connections joined in memory: what one writes, the other reads.
 *
 * They behave as the two ends of a socket do: FIN, resets, and pressure when one does not read. No port is opened.
 *
 * With a `scheduler` there is no promise, no timer and no tick between a write and its delivery: they happen in the same
 * frame of its time. Time limits, of connections and of reads, go by RxJS's clock, which is virtual inside
 * `TestScheduler.run`: there one clock governs all.
 *
 * @example
 * ```ts
 * import { connectionPair } from 'rxjs-tcp';
 *
 * const [client, server] = connectionPair();
 * client.writer.write('ping\n');
 * console.log(`${await server.reader.readLine()}`.trimEnd()); // → ping
 * ```
 * @param options - Of both connections; `capacity` in bytes, `scheduler`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function connectionPair(options: ConnectionPairOptions = {}): [Connection, Connection] {
  assertConnectionOptions(options);
  if (options.capacity !== undefined) assertByteCount('capacity', options.capacity, 1, Number.POSITIVE_INFINITY);
  const { capacity = defaults.highWaterMark, scheduler } = options;
  if (scheduler !== undefined && typeof scheduler?.schedule !== 'function') {
    throw new TypeError(`Cannot use ${String(scheduler)} as scheduler: it must be a scheduler of RxJS`);
  }
  const [one, other] = MemoryTransport.pair(capacity, scheduler && makeTurns(scheduler));
  return [new Connection(one, options), new Connection(other, options)];
}

/** Nothing gives way to others there: how long a turn has taken is not for virtual time to know. */
function makeTurns(scheduler: SchedulerLike): Turns {
  return { endOfTurn: (task) => void scheduler.schedule(() => task()), nextTurn: () => false };
}
