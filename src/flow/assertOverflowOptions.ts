import { assertByteCount } from '../argumentChecks';

/** What happens to values that can't be passed on when their source can't be held. */
export interface OverflowOptions<T> {
  /** How many bytes of values may wait. Default 1 MiB. */
  readonly maxBuffered?: number | undefined;
  /**
   * What happens above `maxBuffered`: `'error'` is an error, `'unbounded'` keeps the values, `'drop-oldest'` and
   * `'drop-newest'` drop values. Default `'error'`.
   */
  readonly overflow?: 'error' | 'unbounded' | 'drop-oldest' | 'drop-newest' | undefined;
  /** Returns the size of a value in bytes. Default for strings: their UTF-8 bytes; for bytes: their number. Other values need it. */
  readonly size?: ((value: T) => number) | undefined;
  /** Called with each dropped value, and with how many were dropped so far. */
  readonly onDrop?: ((value: T, total: number) => void) | undefined;
}

const POLICIES: ReadonlySet<unknown> = new Set(['error', 'unbounded', 'drop-oldest', 'drop-newest']);

/**
 * Throws for invalid options of what waits.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertOverflowOptions<T>({ maxBuffered, overflow }: OverflowOptions<T>): void {
  if (maxBuffered !== undefined) assertByteCount('maxBuffered', maxBuffered, 0, Number.POSITIVE_INFINITY);
  if (overflow !== undefined && !POLICIES.has(overflow)) {
    throw new TypeError(`Cannot use ${overflow} as overflow: it must be one of ${[...POLICIES].join(', ')}`);
  }
}
