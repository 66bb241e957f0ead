import type { SchedulerLike } from 'rxjs';
import { assertByteCount } from '../argumentChecks';
import { defaults } from '../defaults';
import { MemoryTransport, type Turns } from '../transports/MemoryTransport';
import { assertConnectionOptions } from './ConnectionOptions';
import type { ConnectionPairOptions } from './connectionPair';

/**
 * The transports of two connections that are joined in memory.
 *
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function memoryTransports(options: ConnectionPairOptions): [MemoryTransport, MemoryTransport] {
  assertConnectionOptions(options);
  if (options.capacity !== undefined) assertByteCount('capacity', options.capacity, 1, Number.POSITIVE_INFINITY);
  const { capacity = defaults.highWaterMark, scheduler } = options;
  if (scheduler !== undefined && typeof scheduler?.schedule !== 'function') {
    throw new TypeError(`Cannot use ${String(scheduler)} as scheduler: it must be a scheduler of RxJS`);
  }
  return MemoryTransport.pair(capacity, scheduler && makeTurns(scheduler));
}

/** In virtual time, nothing yields to others: virtual time does not know how long a turn has taken. */
function makeTurns(scheduler: SchedulerLike): Turns {
  return { endOfTurn: (task) => void scheduler.schedule(() => task()), nextTurn: () => false };
}
