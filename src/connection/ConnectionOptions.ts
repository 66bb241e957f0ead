import { assertByteCount, assertTimeout } from '../argumentChecks';
import { defaults } from '../defaults';

/** Options of every connection, however it is made. */
export interface ConnectionOptions {
  /** The longest line or record in bytes. The socket is paused above twice as many unread bytes. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** The writer is under pressure from this many queued bytes until a quarter of it is left. Default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Writes are refused when this many bytes are queued. Default 16 MiB. */
  readonly maxQueued?: number | undefined;
  /** The connection is ended after this many milliseconds without a byte in either direction. Default 0: never. */
  readonly idleTimeout?: number | undefined;
  /** The same without a byte from the peer. The time while this side has paused the socket does not count. */
  readonly readIdleTimeout?: number | undefined;
  /** The same while bytes are queued and the peer takes none. */
  readonly writeIdleTimeout?: number | undefined;
  /**
   * How many milliseconds a frame may take from its first byte to its last, also a line that is dropped because it is too long.
   * The time while the reader is held, or no read is active, does not count. Default 0: for ever.
   */
  readonly frameTimeout?: number | undefined;
  /**
   * How many bytes a second the peer must send, on the average of 5 seconds, once a frame has begun. The time counts as for
   * `frameTimeout`. Default 0: none.
   */
  readonly minReadRate?: number | undefined;
  /**
   * After how many milliseconds of being held, or under pressure, the channels `rxjs-tcp:connection:held` and `…:pressure` of
   * `node:diagnostics_channel` tell it. Default 1000; 0: never. It changes nothing else.
   */
  readonly slowAfter?: number | undefined;
}

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
  for (const name of ['idleTimeout', 'readIdleTimeout', 'writeIdleTimeout', 'frameTimeout', 'slowAfter'] as const) {
    assertTimeout(name, options[name]);
  }
  if (options.minReadRate !== undefined) assertByteCount('minReadRate', options.minReadRate);
}

/** The options for Node, without those of our connections: some have the same name. */
export function withoutConnectionOptions<T extends ConnectionOptions>(options: T): Omit<T, keyof ConnectionOptions> {
  const {
    limit,
    highWaterMark,
    maxQueued,
    idleTimeout,
    readIdleTimeout,
    writeIdleTimeout,
    frameTimeout,
    minReadRate,
    slowAfter,
    ...rest
  } = options;
  return rest;
}
