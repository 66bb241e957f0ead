/**
 * The internals of RxJS 7 that the library relies on, except the Subscriber classes of `HandlerRun` and `SharedSource`:
 *
 * - Operators deliver values synchronously. So a value that arrives inside a delivery comes from the loop that delivers: see
 *   {@link runningLoop}.
 * - The result of an operator has its source as `source`, so the library can walk up a pipe: see {@link linkTo} and
 *   {@link findAlong}.
 * - `Subscriber` has a constructor; RxJS deprecates it for other code: see {@link subscriberFor}.
 * - Each Subscriber of a pipe has the next one as `destination`, and `isStopped` is true from its end on: see
 *   {@link subscriptionTo}, {@link hasEnded} and {@link introduce}.
 * - An action of `asyncScheduler` has its timer as `id`: see {@link nodeTimerOf}.
 */
import { type Observable, type Observer, Subscriber, type Subscription } from 'rxjs';
import type { Holdable } from './Holdable';
import type { UpstreamHolds } from './UpstreamHolds';

/**
 * The loop whose delivery is running; the innermost one if several deliver at once; `undefined` outside of deliveries.
 *
 * A value that reaches an operator while this is set came from that loop, through synchronous operators only. So this is the
 * loop to hold.
 */
export const runningLoop = {
  current: undefined as Holdable | undefined,

  /** Runs a task as if `loop` were delivering now. */
  during(loop: Holdable | undefined, task: () => void): void {
    const outer = runningLoop.current;
    runningLoop.current = loop;
    try {
      task();
    } finally {
      runningLoop.current = outer;
    }
  },
};

/** The timer of Node behind what `asyncScheduler.schedule` returned; none in virtual time. */
export function nodeTimerOf(action: Subscription): { ref?(): unknown; unref?(): unknown } | undefined {
  const { id } = action as { readonly id?: unknown };
  return typeof id === 'object' && id !== null ? id : undefined;
}

/** Sets the `source` of an Observable, as RxJS does for the result of an operator. Returns the Observable. */
export function linkTo<T extends Observable<unknown>>(source: Observable<unknown>, result: T): T {
  result.source = source;
  return result;
}

/** The first result of `find` for a pipe, its source, the source of that, and so on. */
export function findAlong<T>(pipe: Observable<unknown>, find: (at: Observable<unknown>) => T | undefined) {
  for (let at: Observable<unknown> | undefined = pipe; at !== undefined; at = at.source) {
    const found = find(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A Subscriber that can be unsubscribed before `subscribe` returns.
 *
 * @param observer - Its `destination` is the next Subscriber of the pipe, as in RxJS's own operators.
 */
export function subscriberFor<T>(observer: LinkedObserver<T>): Subscriber<T> {
  return new Subscriber(observer);
}

interface LinkedObserver<T> extends Observer<T> {
  readonly destination?: Subscriber<unknown>;
  /** Its holds on what is above it. */
  readonly holds?: UpstreamHolds;
}

/** Fields of RxJS 7.8's Subscribers: each has the next one of its pipe, and the last one has the observer. */
interface Inside {
  readonly destination?: Inside | null | undefined;
  readonly partialObserver?: unknown;
  readonly isStopped?: boolean;
  readonly holds?: UpstreamHolds;
}

/** The Subscribers of a pipe, in the order in which a value passes them. */
export type Pipe = readonly Inside[];

/**
 * Makes `source` known to every operator further down the pipe that may hold it. An operator behind an asynchronous one could
 * not find it otherwise.
 */
export function introduce(source: Holdable, subscriber: object): void {
  for (const { holds } of pipeFrom(subscriber)) holds?.drawFrom(source);
}

/** The pipe that begins with a Subscriber. Call it before the end: at the end RxJS clears `destination`. */
export function pipeFrom(subscriber: object): Pipe {
  const pipe: Inside[] = [];
  for (let at: Inside | null | undefined = subscriber; at; at = at.destination) pipe.push(at);
  return pipe;
}

/**
 * Whether the end has passed the whole pipe. False while an operator still waits for something, and if an operator like `take`
 * has ended the rest of the pipe itself. Behind `share` or a Subject the pipe is not known, and counts as ended.
 */
export function hasEnded(pipe: Pipe): boolean {
  return pipe.every(({ isStopped }) => isStopped !== false);
}

/**
 * The subscription `source.subscribe(observer)` that a read delivers to, through operators that pass values on directly.
 *
 * An observer does not know its subscriptions, so this reads RxJS's own fields. If they are not as expected, and behind `share`
 * or a Subject, it finds nothing.
 *
 * @param subscriber - The Subscriber of the read.
 */
export function subscriptionTo(observer: object, subscriber: object): Subscription | undefined {
  for (let at: Inside | null | undefined = subscriber; at; at = at.destination) {
    if (at.destination?.partialObserver === observer) return at as unknown as Subscription;
  }
  return undefined;
}
