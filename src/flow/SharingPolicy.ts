import { assertByteCount } from '../argumentChecks';
import { defaults } from '../defaults';
import { assertOverflowOptions, type OverflowOptions } from './assertOverflowOptions';
import { bytesOf } from './bytesOf';
import type { PauseOptions } from './toLoops';

/** Options of `sharePausing`. Each subscriber has an allowance of its own. */
export interface SharePausingOptions<T> extends PauseOptions {
  /** How many bytes may wait for one subscriber. Default 1 MiB. */
  readonly maxBuffered?: number | undefined;
  /**
   * What happens when more would wait for a subscriber: `'hold'` holds the reader until that one has caught up,
   * `'drop-oldest'` and `'drop-newest'` drop values of that one, `'error'` ends that one with a `BufferOverflowError`.
   * Default `'hold'`.
   */
  readonly overflow?: 'hold' | 'drop-oldest' | 'drop-newest' | 'error' | undefined;
  /**
   * The bytes of a value. Default: of a string its UTF-8 bytes, of bytes their number. Other values need it, except under
   * `'hold'`: there the reader is held as soon as one that has no size waits.
   */
  readonly size?: ((value: T) => number) | undefined;
  /** Called with each value that is dropped, and how many were dropped so far for that subscriber. */
  readonly onDrop?: ((value: T, total: number) => void) | undefined;
}

const POLICIES: ReadonlySet<string> = new Set(['hold', 'drop-oldest', 'drop-newest', 'error']);

/** What becomes of values for which a subscriber is too slow. */
export class SharingPolicy<T> {
  readonly overflow: 'hold' | 'drop-oldest' | 'drop-newest' | 'error';
  readonly maxBuffered: number;
  /** Of the values that wait. Where there is nothing to hold, `'hold'` fails at the same limit. */
  readonly held: OverflowOptions<T>;

  /** @throws `TypeError` or `RangeError` for invalid options. */
  constructor(private readonly options: SharePausingOptions<T>) {
    const { overflow = 'hold', maxBuffered = defaults.maxHeld, size, onDrop } = options;
    assertByteCount('maxBuffered', maxBuffered, 0, Number.POSITIVE_INFINITY);
    if (!POLICIES.has(overflow)) {
      throw new TypeError(`Cannot use ${overflow} as overflow: it must be one of ${[...POLICIES].join(', ')}`);
    }
    for (const [name, callback] of Object.entries({ size, onDrop })) {
      if (callback === undefined || typeof callback === 'function') continue;
      throw new TypeError(`Cannot use a value of type ${typeof callback} as ${name}: it must be a function`);
    }
    this.overflow = overflow;
    this.maxBuffered = maxBuffered;
    this.held = { maxBuffered, overflow: overflow === 'hold' ? 'error' : overflow, size, onDrop };
    assertOverflowOptions(this.held);
  }

  /** Whether a value has a size where it needs one. */
  assertSize(value: T): void {
    if (this.overflow === 'hold' || this.options.size !== undefined || bytesOf(value) !== undefined) return;
    throw new TypeError(
      `Cannot share values of type ${typeof value} under ${this.overflow}: how many bytes they have is not known; give { size }`,
    );
  }

  /** The bytes of a value under `'hold'`; more than may wait for one that has no size. */
  sizeOf(value: T): number {
    const size = this.options.size?.(value) ?? bytesOf(value);
    if (size === undefined) return Number.isFinite(this.maxBuffered) ? this.maxBuffered + 1 : 1;
    assertByteCount('the size of a held value', size, 0, Number.POSITIVE_INFINITY);
    return size;
  }
}
