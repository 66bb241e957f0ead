import { assertByteCount } from '../checks';

/** What becomes of values that can neither be passed on nor held back at their source. */
export interface OverflowOptions<T> {
  /** How many bytes of them may wait. Default 1 MiB. */
  readonly maxBuffered?: number | undefined;
  /**
   * What happens above that: `'error'` is an error, `'unbounded'` lets them wait, `'drop-oldest'` and `'drop-newest'` drop
   * values. Default `'error'`.
   */
  readonly overflow?: 'error' | 'unbounded' | 'drop-oldest' | 'drop-newest' | undefined;
  /** The bytes of a value. Default: of a string its UTF-8 bytes, of bytes their number; other values need it. */
  readonly size?: ((value: T) => number) | undefined;
  /** Called with each value that is dropped, and how many were dropped so far. */
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
