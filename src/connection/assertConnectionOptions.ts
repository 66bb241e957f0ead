import { assertByteCount, assertTimeout } from '../checks';
import { defaults } from '../defaults';
import type { ConnectionOptions } from './ConnectionOptions';

/**
 * Throws for invalid options of a connection.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertConnectionOptions(options: ConnectionOptions): void {
  for (const name of ['limit', 'highWaterMark', 'maxQueued'] as const) {
    if (options[name] !== undefined) assertByteCount(name, options[name], 1, Number.POSITIVE_INFINITY);
  }
  const { highWaterMark = 1, maxQueued = defaults.maxQueued } = options;
  if (highWaterMark > maxQueued) {
    throw new RangeError(
      `Cannot use ${highWaterMark} as highWaterMark: writes are refused from ${maxQueued} bytes on (maxQueued)`,
    );
  }
  for (const name of ['idleTimeout', 'readIdleTimeout', 'writeIdleTimeout', 'frameTimeout'] as const) {
    assertTimeout(name, options[name]);
  }
}
