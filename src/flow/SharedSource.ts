/**
 * One subscription to a source, for all that share it.
 *
 *     gathering: the reader is held, what comes all the same waits ── end of the turn ──► live ── the source ends ──► over
 *                                                                                           └─ the last one leaves ──► over
 *
 * All that subscribe in the turn of the first one see the same values. Later ones begin with the next value.
 *
 * It is a Subscriber itself, and no observer behind one: each value costs a third less of what sharing costs.
 */
import { asapScheduler, type Observable, Subscriber } from 'rxjs';
import type { Holdable } from '../reading/Holdable';
import type { ReadLoop } from '../reading/ReadLoop';
import { runningLoop } from '../reading/rxjs7';
import { UpstreamHolds } from '../reading/UpstreamHolds';
import { SharedQueue } from './SharedQueue';
import type { SharingPolicy } from './SharingPolicy';

/** One notification for all subscribers. */
interface Telling<T> {
  readonly each: (queue: SharedQueue<T>) => void;
  /** Whose delivery it came with. */
  readonly loop: Holdable | undefined;
}

/** The name of its holds. */
const NAME = 'sharePausing';

export class SharedSource<T> extends Subscriber<T> {
  /** True until the end of the turn in which the first one subscribed. */
  gathering = true;
  /** @internal What is held while it gathers. */
  readonly holds: UpstreamHolds;
  /** A new list with each change, so that a running notification keeps its own. */
  private queues: readonly SharedQueue<T>[] = [];
  /** The only one while nothing else has to be looked at. */
  private only: SharedQueue<T> | undefined;
  private begun = false;
  private telling = false;
  /** What came during another notification. */
  private readonly untold: Telling<T>[] = [];
  /** True until a value has shown that it has a size. */
  private unchecked = true;
  private ended = false;
  /** All have left. */
  private abandoned = false;

  constructor(
    private readonly source: Observable<T>,
    private readonly policy: SharingPolicy<T>,
    private readonly given: readonly ReadLoop[] | undefined,
  ) {
    super();
    this.holds = new UpstreamHolds(source, NAME, given);
  }

  /** True where a subscriber needs a subscription of its own to the source. */
  get over(): boolean {
    return this.abandoned || (this.ended && !this.gathering);
  }

  join(subscriber: Subscriber<T>): void {
    if (subscriber.closed) return;
    const holds = new UpstreamHolds(this.source, NAME, this.given);
    const queue = new SharedQueue(this, subscriber, this.policy, holds);
    const [first] = this.queues;
    if (this.gathering) {
      queue.hold();
      if (first !== undefined) queue.copy(first);
    }
    this.setQueues([...this.queues, queue]);
    subscriber.add(queue);
    if (!this.begun) this.begin();
  }

  leave(queue: SharedQueue<T>): void {
    this.setQueues(this.queues.filter((one) => one !== queue));
    if (this.queues.length > 0) return;
    this.abandoned = true;
    this.unsubscribe();
    this.holds.release();
  }

  /** Holds where the value that is arriving came from, for one of the queues. False if that is no reader. */
  holdWith(holds: UpstreamHolds): boolean {
    let held = false;
    runningLoop.during(this.holds.upstream, () => {
      held = holds.hold();
    });
    return held;
  }

  override next(value: T): void {
    const { only } = this;
    if (only !== undefined) only.push(value);
    else if (!this.isStopped) this.tellValue(value);
  }

  protected override _error(error: unknown): void {
    this.end(true, error);
    this.unsubscribe();
  }

  protected override _complete(): void {
    this.end(false, undefined);
    this.unsubscribe();
  }

  /** Runs a task when the turn is over. */
  endOfTurn(task: () => void): void {
    const loop = this.given === undefined ? this.holds.near : this.given[0];
    if (loop !== undefined) loop.endOfTurn(task);
    // Of RxJS's clocks the one that is virtual in virtual time.
    else asapScheduler.schedule(task);
  }

  private begin(): void {
    this.begun = true;
    // Whatever is delivered now has nothing to do with it.
    const hold = () => runningLoop.during(undefined, () => this.holds.hold());
    hold();
    this.source.subscribe(this);
    // A queue above is known by now.
    if (this.queues.length > 0) hold();
    this.endOfTurn(() => this.start());
  }

  /** The turn is over: all who share have subscribed. */
  private start(): void {
    this.gathering = false;
    this.tell((queue) => queue.release());
    this.holds.release();
  }

  private end(failed: boolean, error: unknown): void {
    // It belongs to the reader that is ending now.
    const cut = failed ? undefined : this.holds.upstream?.cutPipe;
    this.tell((queue) => {
      this.ended = true;
      queue.conclude(failed, error, cut);
    });
  }

  /** As {@link tell}, for what is told most. */
  private tellValue(value: T): void {
    if (this.unchecked && !this.hasSize(value)) return;
    if (this.telling) {
      this.tell((queue) => queue.push(value));
      return;
    }
    this.telling = true;
    let thrown: { readonly error: unknown } | undefined;
    for (const queue of this.queues) {
      try {
        queue.push(value);
      } catch (error) {
        thrown ??= { error };
      }
    }
    this.told(thrown);
  }

  /** Tells all, in order; what comes in between is told after that. One that throws keeps nobody from hearing. */
  private tell(each: (queue: SharedQueue<T>) => void): void {
    this.untold.push({ each, loop: runningLoop.current });
    if (this.telling) return;
    this.telling = true;
    this.only = undefined;
    this.told(undefined);
  }

  private told(thrown: { readonly error: unknown } | undefined): void {
    for (let next = this.untold.shift(); next !== undefined; next = this.untold.shift()) {
      const { each, loop } = next;
      for (const queue of this.queues) {
        try {
          runningLoop.during(loop, () => each(queue));
        } catch (error) {
          thrown ??= { error };
        }
      }
    }
    this.telling = false;
    this.setQueues(this.queues);
    if (thrown !== undefined) throw thrown.error;
  }

  private hasSize(value: T): boolean {
    this.unchecked = false;
    try {
      this.policy.assertSize(value);
      return true;
    } catch (error) {
      this.unsubscribe();
      this.tell((queue) => queue.fail(error));
      return false;
    }
  }

  private setQueues(queues: readonly SharedQueue<T>[]): void {
    this.queues = queues;
    const alone = queues.length === 1 && !this.telling && !this.unchecked && !this.isStopped;
    this.only = alone ? queues[0] : undefined;
  }
}
