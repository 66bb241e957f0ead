import { assertByteCount } from '../assertByteCount';
import { defaults } from '../defaults';
import { BufferOverflowError } from '../errors';

/** What becomes of values that can neither be passed on nor held back at their source. */
export interface OverflowOptions<T> {
  /** How many bytes of them may wait. Default 1 MiB. */
  readonly budget?: number | undefined;
  /**
   * What happens above that: `'strict'` is an error, `'unbounded'` lets them wait, `'drop-oldest'` and `'drop-newest'` drop
   * values. Default `'strict'`.
   */
  readonly overflow?: 'strict' | 'unbounded' | 'drop-oldest' | 'drop-newest' | undefined;
  /** The bytes of a value. Default: of a string its UTF-8 bytes, of bytes their number; other values need it. */
  readonly size?: ((value: T) => number) | undefined;
  /** Called with each value that is dropped, and how many were dropped so far. */
  readonly onDrop?: ((value: T, total: number) => void) | undefined;
}

const POLICIES: ReadonlySet<string> = new Set(['strict', 'unbounded', 'drop-oldest', 'drop-newest']);

/** Values that wait in a gate, in order. */
export class HeldValues<T> {
  private readonly budget: number;
  private readonly overflow: Exclude<OverflowOptions<T>['overflow'], undefined>;
  private values: { value: T; size: number }[] = [];
  private bytes = 0;
  private dropped = 0;

  /** @throws `TypeError` or `RangeError` for options that can't be meant. */
  constructor(private readonly options: OverflowOptions<T>) {
    this.budget = options.budget ?? defaults.budget;
    this.overflow = options.overflow ?? 'strict';
    assertByteCount('budget', this.budget, 0, Number.POSITIVE_INFINITY);
    if (!POLICIES.has(this.overflow)) {
      throw new TypeError(`Cannot use ${this.overflow} as overflow: it must be one of ${[...POLICIES].join(', ')}`);
    }
  }

  get length(): number {
    return this.values.length;
  }

  /**
   * @param bounded - Whether the budget applies: not to what comes from a source that is held.
   * @throws `BufferOverflowError` under `'strict'`; nothing waits any more then.
   */
  push(value: T, bounded: boolean): void {
    if (!bounded || this.overflow === 'unbounded') {
      this.values.push({ value, size: 0 });
      return;
    }
    const size = this.sizeOf(value);
    if (this.overflow === 'drop-oldest') {
      while (this.bytes + size > this.budget && this.values.length > 0) this.drop(this.shiftEntry().value);
    }
    if (this.bytes + size <= this.budget) {
      this.values.push({ value, size });
      this.bytes += size;
    } else if (this.overflow === 'strict') {
      const buffered = this.bytes;
      this.clear();
      throw new BufferOverflowError(this.budget, buffered);
    } else {
      this.drop(value);
    }
  }

  /** The next one. There must be one. */
  shift(): T {
    return this.shiftEntry().value;
  }

  clear(): void {
    this.values = [];
    this.bytes = 0;
  }

  private shiftEntry(): { value: T; size: number } {
    const entry = this.values.shift() as { value: T; size: number };
    this.bytes -= entry.size;
    return entry;
  }

  private drop(value: T): void {
    this.dropped++;
    this.options.onDrop?.(value, this.dropped);
  }

  private sizeOf(value: T): number {
    if (this.options.size !== undefined) return this.options.size(value);
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (value instanceof Uint8Array) return value.byteLength;
    throw new TypeError(`Cannot count the bytes of a held value of type ${typeof value}: give { size }`);
  }
}
