import { assertByteCount } from '../argumentChecks';
import { defaults } from '../defaults';
import { BufferOverflowError } from '../errors';
import type { OverflowOptions } from './assertOverflowOptions';
import { bytesOf } from './bytesOf';

/** Whether there is room for a value that is bounded, and which one goes if there is none. It keeps no values itself. */
export class OverflowPolicy<T> {
  private readonly maxBuffered: number;
  /** How many bytes wait, of values that are bounded or counted. */
  buffered = 0;
  private dropped = 0;

  constructor(readonly options: OverflowOptions<T>) {
    this.maxBuffered = options.maxBuffered ?? defaults.maxHeld;
  }

  /** Whether anything is bounded. */
  get bounds(): boolean {
    return this.options.overflow !== 'unbounded';
  }

  /**
   * How many bytes a value counts.
   *
   * @throws `TypeError` for a value that is neither a string nor bytes, without `size`; `TypeError` or `RangeError` for an
   *   invalid answer of `size`.
   */
  measure(value: T): number {
    if (this.options.size !== undefined) {
      const size = this.options.size(value);
      assertByteCount('the size of a held value', size, 0, Number.POSITIVE_INFINITY);
      return size;
    }
    const bytes = bytesOf(value);
    if (bytes !== undefined) return bytes;
    throw new TypeError(
      `Cannot hold a value of type ${typeof value}: no StreamReader is upstream; give { source } or { size }`,
    );
  }

  /** Whether a value of so many bytes fits. */
  fits(size: number): boolean {
    return this.buffered + size <= this.maxBuffered;
  }

  /** Whether the oldest value is to go for one of so many bytes, which fits once enough of them have gone. */
  evicts(size: number): boolean {
    return this.options.overflow === 'drop-oldest' && size <= this.maxBuffered && !this.fits(size);
  }

  /** So many bytes wait from now on; or no longer, if negative. */
  count(size: number): void {
    this.buffered += size;
  }

  /** Nothing waits any more. */
  reset(): void {
    this.buffered = 0;
  }

  /** The error for a value that does not fit; `undefined` where it is dropped. */
  refusal(): BufferOverflowError | undefined {
    const { overflow = 'error' } = this.options;
    return overflow === 'error' ? new BufferOverflowError(this.maxBuffered, this.buffered) : undefined;
  }

  /** A value has gone. */
  drop(value: T): void {
    this.dropped++;
    this.options.onDrop?.(value, this.dropped);
  }
}
