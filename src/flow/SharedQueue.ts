/**
 * What one subscriber of `sharePausing` has not been given yet, and the source that its pipe holds.
 *
 *     open ── a value ──► passed on at once
 *       └─ held by an operator below ──► values wait, under the policy ── released ──► what waits, then open
 *
 * It is to the pipe below what the loop of a reader is to a pipe of that reader: the innermost delivery that runs, and what
 * the flow operators hold. What it does when much waits is its own affair: it holds the reader, drops, or fails.
 */
import type { Subscriber, Unsubscribable } from 'rxjs';
import { endErrors } from '../endErrors';
import type { Holdable } from '../reading/Holdable';
import { type Offshoot, Offshoots } from '../reading/Offshoots';
import { hasEnded, introduce, type Pipe, pipeFrom, runningLoop } from '../reading/rxjs7';
import type { UpstreamHolds } from '../reading/UpstreamHolds';
import { HeldValues } from './HeldValues';
import type { SharedSource } from './SharedSource';
import type { SharingPolicy } from './SharingPolicy';

/** The end of the source, which waits behind the values. */
interface End {
  readonly failed: boolean;
  readonly error: unknown;
  /** Why it is not the peer's. */
  readonly cut: Error | undefined;
  /** The reader that has ended, held until the subscriber knows. */
  readonly reader: Holdable | undefined;
}

export class SharedQueue<T> implements Holdable, Offshoot, Unsubscribable {
  offshoots: Offshoots | undefined;
  private values: HeldValues<T>;
  private holdCount = 0;
  /** True while a value may go on at once. */
  private idle = true;
  private running = false;
  private end: End | undefined;
  /** Where the last value came from, and all others that know of this queue. */
  private origin: Holdable | undefined;
  private readonly origins = new Set<Holdable>();
  private endedPipe: Pipe | undefined;

  constructor(
    private readonly shared: SharedSource<T>,
    private readonly subscriber: Subscriber<T>,
    private readonly policy: SharingPolicy<T>,
    /** The reader that it holds. */
    private readonly holds: UpstreamHolds,
  ) {
    this.values = new HeldValues(policy.held);
    introduce(this, subscriber);
  }

  get cutPipe(): Error | undefined {
    return this.endedPipe !== undefined && hasEnded(this.endedPipe) ? this.end?.cut : undefined;
  }

  /** Passes a value on, or keeps it. */
  push(value: T): void {
    const outer = runningLoop.current;
    if (outer !== this.origin) this.comesFrom(outer);
    if (!this.idle) {
      this.keep(value);
      return;
    }
    runningLoop.current = this;
    try {
      this.subscriber.next(value);
    } finally {
      runningLoop.current = outer;
    }
  }

  /** The source is over: the end comes after what waits. Under `'hold'` the reader is held until then. */
  conclude(failed: boolean, error: unknown, cut: Error | undefined): void {
    const loop = runningLoop.current;
    if (loop !== undefined) endErrors.follows(this, loop);
    const reader = !this.idle && this.policy.overflow === 'hold' ? loop : undefined;
    this.end = { failed, error, cut, reader };
    reader?.hold('sharePausing');
    if (this.idle) this.finish(this.end);
  }

  /** Fails at once, and drops what waits. */
  fail(error: unknown): void {
    this.subscriber.error(error);
  }

  /** Is given what another queue was, since it was there in the same turn. To be called while it is held. */
  copy(other: SharedQueue<T>): void {
    this.values = other.values.clone();
    this.end = other.end;
    this.end?.reader?.hold('sharePausing');
  }

  hold(): void {
    this.holdCount++;
    this.idle = false;
  }

  release(): void {
    this.holdCount--;
    if (this.holdCount === 0 && !this.running) this.run();
  }

  nextTurn(task: () => void, awaited?: boolean): boolean {
    return this.origin?.nextTurn(task, awaited) ?? false;
  }

  endOfTurn(task: () => void): void {
    this.shared.endOfTurn(task);
  }

  unsubscribe(): void {
    // The source first, what was held of it last.
    try {
      this.shared.leave(this);
    } finally {
      this.values.clear();
      this.forgetOrigins();
      this.holds.release();
      const reader = this.end?.reader;
      if (this.end !== undefined) this.end = { ...this.end, reader: undefined };
      reader?.release('sharePausing');
    }
  }

  unreadOf(): number {
    return this.offshoots?.unread ?? 0;
  }

  seize({ stray }: Offshoots): void {
    if (stray === undefined) return;
    this.offshoots ??= new Offshoots();
    this.offshoots.seize(stray);
  }

  open(): void {
    this.offshoots?.open();
  }

  private keep(value: T): void {
    if (this.subscriber.closed) return;
    const { values, policy, shared } = this;
    const { upstream } = shared.holds;
    try {
      if (shared.gathering) {
        values.push(value, false, upstream);
      } else if (policy.overflow !== 'hold') {
        values.push(value, true, upstream);
      } else {
        const size = policy.sizeOf(value);
        const held = values.buffered + size > policy.maxBuffered ? shared.holdWith(this.holds) : true;
        values.push(value, !held, upstream, size);
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    this.idle = false;
    // Where a consumer has thrown, what waited is still there.
    if (this.holdCount === 0 && !this.running) this.run();
  }

  /** Passes on what waits, until it is held again or all has gone. */
  private run(): void {
    this.running = true;
    try {
      while (this.holdCount === 0 && this.values.length > 0 && !this.subscriber.closed) {
        if (this.values.yieldTurn(this.goOn)) return;
        this.values.shiftTo(this.pass);
        if (2 * this.values.buffered <= this.policy.maxBuffered) this.holds.release();
      }
    } catch (error) {
      this.running = false;
      throw error;
    }
    this.running = false;
    if (this.holdCount > 0 || this.values.length > 0 || this.subscriber.closed) return;
    this.idle = true;
    if (this.end !== undefined) this.finish(this.end);
    else this.holds.release();
  }

  private readonly goOn = () => this.run();

  private readonly pass = (value: T) => runningLoop.during(this, () => this.subscriber.next(value));

  private finish({ failed, error, cut }: End): void {
    runningLoop.during(this, () => {
      if (failed) {
        this.subscriber.error(error);
        return;
      }
      if (cut !== undefined) this.endedPipe = pipeFrom(this.subscriber);
      this.subscriber.complete();
    });
  }

  /** Those who may take back what comes in the clear have to know where else it waits. */
  private comesFrom(loop: Holdable | undefined): void {
    this.origin = loop;
    if (loop === undefined) return;
    if (this.values.length === 0 && this.unreadOf() === 0) this.forgetOrigins();
    loop.offshoots ??= new Offshoots();
    loop.offshoots.add(this);
    this.origins.add(loop);
  }

  private forgetOrigins(): void {
    for (const loop of this.origins) loop.offshoots?.delete(this);
    this.origins.clear();
  }
}
