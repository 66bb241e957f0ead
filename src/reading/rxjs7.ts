/**
 * What the library leans on of the inside of RxJS 7: all of it but the Subscriber class of `HandlerRun`.
 *
 * - Values are delivered synchronously: what runs inside a delivery belongs to the loop that delivers, see
 *   {@link runningLoop}.
 * - An operator's result has its source as `source`: a pipe can be walked up, see {@link linkTo} and {@link findAlong}.
 * - `Subscriber` has a constructor, deprecated for all but RxJS itself: see {@link subscriberFor}.
 * - The Subscribers of a pipe know the next one as `destination`, and have `isStopped` from their end on: see
 *   {@link subscriptionTo}, {@link hasEnded} and {@link introduce}.
 */
import { type Observable, type Observer, Subscriber, type Subscription } from 'rxjs';
import type { Holdable } from './Holdable';
import type { UpstreamHolds } from './UpstreamHolds';

/**
 * The loop whose delivery is running, the innermost of several; `undefined` outside of all.
 *
 * A value that passes an operator while this is set came, through synchronous operators only, from that loop: it is the
 * one to hold.
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

/** Names the source of an Observable, as RxJS does for the result of an operator. Returns the Observable. */
export function linkTo<T extends Observable<unknown>>(source: Observable<unknown>, result: T): T {
  result.source = source;
  return result;
}

/** The first thing that `find` answers for a pipe, its source, the source of that, and so on. */
export function findAlong<T>(pipe: Observable<unknown>, find: (at: Observable<unknown>) => T | undefined) {
  for (let at: Observable<unknown> | undefined = pipe; at !== undefined; at = at.source) {
    const found = find(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A Subscriber for a source, which can be unsubscribed before `subscribe` returns.
 *
 * @param observer - Its `destination` is the Subscriber of an operator's result, where RxJS's own operators would name it.
 */
export function subscriberFor<T>(observer: LinkedObserver<T>): Subscriber<T> {
  return new Subscriber(observer);
}

interface LinkedObserver<T> extends Observer<T> {
  readonly destination?: Subscriber<unknown>;
  /** What it holds above it. */
  readonly holds?: UpstreamHolds;
}

/** What RxJS 7.8 keeps in the Subscribers of a pipe: each knows the next one, and the last one the observer. */
interface Inside {
  readonly destination?: Inside | null | undefined;
  readonly partialObserver?: unknown;
  readonly isStopped?: boolean;
  readonly holds?: UpstreamHolds;
}

/** The Subscribers of a pipe, in the order in which a value passes them. */
export type Pipe = readonly Inside[];

/**
 * Tells all that may hold what a Subscriber is given, further down its pipe, that it comes from `source`: where an
 * asynchronous operator stands in between, they could not know.
 */
export function introduce(source: Holdable, subscriber: object): void {
  for (const { holds } of pipeFrom(subscriber)) holds?.drawFrom(source);
}

/** The pipe that begins with a Subscriber. To be asked for before it ends: RxJS forgets the next one then. */
export function pipeFrom(subscriber: object): Pipe {
  const pipe: Inside[] = [];
  for (let at: Inside | null | undefined = subscriber; at; at = at.destination) pipe.push(at);
  return pipe;
}

/**
 * Whether the end has come all the way. False while an operator still waits for something, and where one like `take` has
 * ended what is behind it by itself. Behind `share` or a Subject the pipe is not known, and counts as ended.
 */
export function hasEnded(pipe: Pipe): boolean {
  return pipe.every(({ isStopped }) => isStopped !== false);
}

/**
 * The subscription `source.subscribe(observer)` that a read delivers to, through operators that pass their values on directly.
 *
 * RxJS tells an observer nothing of its subscriptions, so this looks at RxJS's own fields. Where they are not as expected,
 * and behind `share` or a Subject, it finds nothing.
 *
 * @param subscriber - Of the read.
 */
export function subscriptionTo(observer: object, subscriber: object): Subscription | undefined {
  for (let at: Inside | null | undefined = subscriber; at; at = at.destination) {
    if (at.destination?.partialObserver === observer) return at as unknown as Subscription;
  }
  return undefined;
}
