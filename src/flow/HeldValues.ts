import { eventLoop } from '../eventLoop';
import type { Holdable } from '../reading/Holdable';
import { type Offshoot, Offshoots } from '../reading/Offshoots';
import { runningLoop } from '../reading/rxjs7';
import { Fifo } from '../writing/Fifo';
import type { OverflowOptions } from './assertOverflowOptions';
import { bytesOf } from './bytesOf';
import { OverflowPolicy } from './OverflowPolicy';

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

const NO_OPTIONS = {};

/** Values that wait in a gate, in order. */
export class HeldValues<T> implements Offshoot {
  private readonly policy: OverflowPolicy<T>;
  private readonly values = new Fifo<Held<T>>();
  /** How many were passed on since none waited. */
  private gone = 0;
  /** All lists in which these values are entered. */
  private origins: Set<Offshoots> | undefined;

  /** @param options - Checked. */
  constructor(options: OverflowOptions<T> = NO_OPTIONS) {
    this.policy = new OverflowPolicy(options);
  }

  /** How many bytes wait, of values that are bounded or counted. */
  get buffered(): number {
    return this.policy.buffered;
  }

  get length(): number {
    return this.values.length;
  }

  /**
   * @param bounded - Whether `maxBuffered` applies: it does not apply to values of a held source.
   * @param upstream - The loop that the value comes from, if no loop is delivering. A value that came in the clear is dropped
   *   if an upgrade of its loop to TLS has begun.
   * @param counted - The size of a value that is not bounded, if {@link buffered} is to count it.
   * @throws `BufferOverflowError` under `'error'`. It drops all values.
   */
  push(value: T, bounded: boolean, upstream?: Holdable | undefined, counted?: number): void {
    const { policy } = this;
    const loop = runningLoop.current;
    const origin = this.known(loop ?? upstream);
    if (origin?.stray !== undefined) {
      origin.stray(bytesOf(value) ?? 1);
      return;
    }
    if (!bounded || !policy.bounds) {
      this.values.push({ value, size: counted, loop, origin });
      policy.count(counted ?? 0);
      return;
    }
    const size = policy.measure(value);
    while (policy.evicts(size)) policy.drop(this.takeOldest());
    if (policy.fits(size)) {
      this.values.push({ value, size, loop, origin });
      policy.count(size);
      return;
    }
    const refusal = policy.refusal();
    if (refusal === undefined) {
      policy.drop(value);
      return;
    }
    this.clear();
    throw refusal;
  }

  /**
   * Runs a task in the next turn of the event loop, if this turn is long, several values were passed on, and their reader can
   * wait.
   *
   * @returns True if it will. If false, the first value may be taken now.
   */
  yieldTurn(task: () => void): boolean {
    if (!eventLoop.turnIsLong() || this.gone < MAX_AT_ONCE) return false;
    return this.values.first?.loop?.nextTurn(task) ?? false;
  }

  /** Takes the first value, which must exist, and calls `next` with it as if its reader delivered it now. */
  shiftTo(next: (value: T) => void): void {
    const { value, size = 0, loop } = this.values.shift();
    this.left(size);
    runningLoop.during(loop, () => next(value));
  }

  clear(): void {
    this.values.clear();
    this.policy.reset();
    this.forget();
  }

  /** Others that wait for the same, from now on apart from these. */
  clone(): HeldValues<T> {
    const clone = new HeldValues(this.policy.options);
    for (const held of this.values) {
      clone.values.push(held);
      clone.policy.count(held.size ?? 0);
      if (held.origin === undefined) continue;
      clone.origins ??= new Set();
      clone.origins.add(held.origin);
      held.origin.add(clone);
    }
    return clone;
  }

  unreadOf(from: Offshoots): number {
    let sum = 0;
    for (const { value, origin } of this.values) if (origin === from) sum += bytesOf(value) ?? 1;
    return sum;
  }

  seize(from: Offshoots): void {
    const count = this.unreadOf(from);
    if (count === 0) return;
    this.values.keep(({ origin }) => origin !== from);
    this.policy.reset();
    for (const { size = 0 } of this.values) this.policy.count(size);
    from.stray?.(count);
  }

  open(): void {}

  /** One of so many bytes waits no longer. */
  private left(size: number): void {
    this.gone = this.length > 0 ? this.gone + 1 : 0;
    this.policy.count(-size);
    if (this.length === 0) this.forget();
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

  /** The oldest that is bounded; there must be one. */
  private takeOldest(): T {
    const { value, size = 0 } = this.values.take((held) => held.size !== undefined) as Held<T>;
    this.left(size);
    return value;
  }
}
