import { assertByteCount } from '../checks';
import { defaults } from '../defaults';
import { BufferOverflowError } from '../errors';
import { eventLoop } from '../eventLoop';
import type { Holdable } from '../reading/Holdable';
import { type Offshoot, Offshoots } from '../reading/Offshoots';
import { runningLoop } from '../reading/rxjs7';
import { bytesOf } from './bytesOf';

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

const POLICIES: ReadonlySet<string> = new Set(['error', 'unbounded', 'drop-oldest', 'drop-newest']);

/** At least this many values of one frame are passed on at once, also in a long turn. */
const MAX_AT_ONCE = 8;

/** A value that waits. */
interface Held<T> {
  readonly value: T;
  /** How many bytes it counts; `undefined` if `maxBuffered` does not apply: such a value is never dropped. */
  readonly size: number | undefined;
  /** The loop that delivered it. */
  readonly loop: Holdable | undefined;
  /** The list of the loop in which these values are entered. */
  readonly origin: Offshoots | undefined;
}

/** Values that wait in a gate, in order. */
export class HeldValues<T> implements Offshoot {
  private readonly maxBuffered: number;
  private readonly overflow: Exclude<OverflowOptions<T>['overflow'], undefined>;
  private values: Held<T>[] = [];
  /** The index of the first value that waits: `shift()` of a long array would copy it. */
  private at = 0;
  private bytes = 0;
  private dropped = 0;
  /** How many were passed on since none waited. */
  private gone = 0;
  /** All lists in which these values are entered. */
  private origins: Set<Offshoots> | undefined;

  /** @throws `TypeError` or `RangeError` for invalid options. */
  constructor(private readonly options: OverflowOptions<T> = {}) {
    this.maxBuffered = options.maxBuffered ?? defaults.maxHeld;
    this.overflow = options.overflow ?? 'error';
    assertByteCount('maxBuffered', this.maxBuffered, 0, Number.POSITIVE_INFINITY);
    if (!POLICIES.has(this.overflow)) {
      throw new TypeError(`Cannot use ${this.overflow} as overflow: it must be one of ${[...POLICIES].join(', ')}`);
    }
  }

  /** How many bytes wait, of values that are bounded or counted. */
  get buffered(): number {
    return this.bytes;
  }

  get length(): number {
    return this.values.length - this.at;
  }

  /**
   * @param bounded - Whether `maxBuffered` applies: it does not apply to values of a held source.
   * @param upstream - The loop that the value comes from, if no loop is delivering. A value that came in the clear is dropped
   *   if an upgrade of its loop to TLS has begun.
   * @param counted - The size of a value that is not bounded, if {@link buffered} is to count it.
   * @throws `BufferOverflowError` under `'error'`. It drops all values.
   */
  push(value: T, bounded: boolean, upstream?: Holdable | undefined, counted?: number): void {
    const loop = runningLoop.current;
    const origin = this.known(loop ?? upstream);
    if (origin?.stray !== undefined) {
      origin.stray(bytesOf(value) ?? 1);
      return;
    }
    if (!bounded || this.overflow === 'unbounded') {
      this.values.push({ value, size: counted, loop, origin });
      this.bytes += counted ?? 0;
      return;
    }
    const size = this.sizeOf(value);
    if (this.overflow === 'drop-oldest' && size <= this.maxBuffered) {
      while (this.bytes + size > this.maxBuffered) this.drop(this.oldestBounded().value);
    }
    if (this.bytes + size <= this.maxBuffered) {
      this.values.push({ value, size, loop, origin });
      this.bytes += size;
    } else if (this.overflow === 'error') {
      const buffered = this.bytes;
      this.clear();
      throw new BufferOverflowError(this.maxBuffered, buffered);
    } else {
      this.drop(value);
    }
  }

  /**
   * Runs a task in the next turn of the event loop, if this turn is long, several values were passed on, and their reader can
   * wait.
   *
   * @returns True if it will. If false, the first value may be taken now.
   */
  yieldTurn(task: () => void): boolean {
    if (!eventLoop.turnIsLong() || this.gone < MAX_AT_ONCE) return false;
    return this.values[this.at]?.loop?.nextTurn(task) ?? false;
  }

  /** Takes the first value, which must exist, and calls `next` with it as if its reader delivered it now. */
  shiftTo(next: (value: T) => void): void {
    const { value, loop } = this.shift();
    runningLoop.during(loop, () => next(value));
  }

  clear(): void {
    this.values = [];
    this.at = 0;
    this.bytes = 0;
    this.forget();
  }

  /** Others that wait for the same, from now on apart from these. */
  clone(): HeldValues<T> {
    const clone = new HeldValues(this.options);
    for (const held of this.values.slice(this.at)) {
      clone.values.push(held);
      clone.bytes += held.size ?? 0;
      if (held.origin === undefined) continue;
      clone.origins ??= new Set();
      clone.origins.add(held.origin);
      held.origin.add(clone);
    }
    return clone;
  }

  unreadOf(from: Offshoots): number {
    let sum = 0;
    for (const { value, origin } of this.values.slice(this.at)) if (origin === from) sum += bytesOf(value) ?? 1;
    return sum;
  }

  seize(from: Offshoots): void {
    const count = this.unreadOf(from);
    if (count === 0) return;
    this.values = this.values.slice(this.at).filter(({ origin }) => origin !== from);
    this.at = 0;
    this.bytes = 0;
    for (const { size = 0 } of this.values) this.bytes += size;
    from.stray?.(count);
  }

  open(): void {}

  private shift(): Held<T> {
    const held = this.values[this.at] as Held<T>;
    this.at++;
    this.gone = this.length > 0 ? this.gone + 1 : 0;
    this.bytes -= held.size ?? 0;
    // The values that are gone are cut off when they are half of the array: so each value is moved once.
    if (this.at * 2 > this.values.length) {
      this.values = this.values.slice(this.at);
      this.at = 0;
    }
    if (this.length === 0) this.forget();
    return held;
  }

  /** Enters these values in the list of the loop. */
  private known(loop: Holdable | undefined): Offshoots | undefined {
    if (loop === undefined) return undefined;
    loop.offshoots ??= new Offshoots();
    const { offshoots } = loop;
    this.origins ??= new Set();
    this.origins.add(offshoots);
    offshoots.add(this);
    return offshoots;
  }

  private forget(): void {
    if (this.origins === undefined) return;
    for (const origin of this.origins) origin.delete(this);
    this.origins.clear();
  }

  private oldestBounded(): Held<T> {
    let at = this.at;
    while (this.values[at]?.size === undefined) at++;
    if (at === this.at) return this.shift();
    const [held] = this.values.splice(at, 1) as [Held<T>];
    this.bytes -= held.size ?? 0;
    return held;
  }

  private drop(value: T): void {
    this.dropped++;
    this.options.onDrop?.(value, this.dropped);
  }

  private sizeOf(value: T): number {
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
}
