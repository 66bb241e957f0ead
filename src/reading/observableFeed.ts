import { type Observable, Subscription } from 'rxjs';
import { BufferOverflowError } from '../errors';
import { eventLoop } from '../eventLoop';
import type { Upstream } from '../transports/Upstream';
import { FedLoop } from './FedLoop';
import type { Holdable } from './Holdable';
import type { ReadLoop } from './ReadLoop';
import { runningLoop, subscriberFor } from './rxjs7';
import { UpstreamHolds } from './UpstreamHolds';

/** A source that has not been started yet. */
export interface Feed {
  readonly upstream: Upstream | undefined;
  /**
   * @param parent - Stops it.
   * @param last - Whether nobody reads the loop after that.
   */
  start(loop: ReadLoop, parent?: Subscription, last?: boolean): void;
}

/**
 * Feeds a loop from an Observable.
 *
 * An Observable can't be told to wait, unless its chunks come from a reader: then that one is held. Else there is a limit
 * to how far it may run ahead of the reads; what an active read is waiting for does not count.
 *
 * @param source - Chunks of bytes.
 * @param maxBuffered - How many unread bytes may pile up.
 */
export function observableFeed(source: Observable<Uint8Array>, maxBuffered: number): Feed {
  const holds = new UpstreamHolds(source);
  // Where the last chunk came from: a pause may be decided later, inside the delivery of another reader.
  let origin: Holdable | undefined;
  let over = false;
  const upstream = {
    pause,
    resume: () => holds.release(),
    // Without a reader upstream, only a promise can wait.
    nextTurn: (task: () => void, awaited?: boolean) =>
      origin?.nextTurn(task, awaited) ?? (awaited === true && eventLoop.nextTurn(task)),
  };

  function pause(): void {
    // What was held has been released for good: nobody would release it again.
    if (over) return;
    runningLoop.during(origin, () => holds.hold());
  }

  function start(loop: ReadLoop, parent?: Subscription, last = false): void {
    const fed = new FedLoop(loop);
    // An own Subscriber, so that an Observable that emits while it is subscribed to can be stopped too.
    const subscriber = subscriberFor<Uint8Array>({
      holds,
      next(chunk) {
        // What a consumer of this very loop makes the source emit comes from elsewhere: a loop never holds itself.
        origin = runningLoop.current === loop ? undefined : runningLoop.current;
        if (!fed.admits(origin ?? holds.near, chunk)) return;
        loop.push(chunk);
        const { length } = loop.buffer;
        if (length > maxBuffered && !loop.starving) loop.fail(new BufferOverflowError(maxBuffered, length));
        if (!loop.open) stop.unsubscribe();
      },
      error: (error: unknown) => {
        loop.fail(error);
        stop.unsubscribe();
      },
      complete: () => {
        loop.end();
        stop.unsubscribe();
      },
    });
    // The source first, what was held last.
    const stop = new Subscription(() => subscriber.unsubscribe());
    stop.add(() => {
      over = true;
      holds.release();
      // What is unread stays readable without the source.
      if (loop.buffer.length === 0) fed.forget();
    });
    parent?.add(stop);
    if (last) parent?.add(() => fed.forget());
    source.subscribe(subscriber);
  }
  return { upstream, start };
}
