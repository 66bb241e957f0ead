import { type Observable, Subscription } from 'rxjs';
import { BufferOverflowError } from '../errors';
import { eventLoop } from '../eventLoop';
import type { Upstream } from '../transports/Upstream';
import { FedLoop } from './FedLoop';
import type { Holdable } from './Holdable';
import type { ReadLoop } from './ReadLoop';
import { runningLoop, subscriberFor } from './rxjs7';
import { UpstreamHolds } from './UpstreamHolds';

/** A source that is not started yet. */
export interface Feed {
  readonly upstream: Upstream | undefined;
  /**
   * @param parent - The subscription that stops the feed.
   * @param last - True if nothing reads the loop after that.
   */
  start(loop: ReadLoop, parent?: Subscription, last?: boolean): void;
}

/**
 * Feeds a loop from an Observable.
 *
 * If the chunks come from a reader, it is held. Another Observable can't be paused, so there is a limit to how far it may run
 * ahead of the reads. The bytes that an active read is waiting for do not count.
 *
 * @param source - Chunks of bytes.
 * @param maxBuffered - How many unread bytes may pile up.
 */
export function observableFeed(source: Observable<Uint8Array>, maxBuffered: number): Feed {
  const holds = new UpstreamHolds(source, 'StreamReader.from');
  // The loop of the last chunk: a later pause may be decided inside the delivery of another reader.
  let origin: Holdable | undefined;
  let over = false;
  const upstream = {
    pause,
    resume: () => holds.release(),
    // If no reader is upstream, only a promise can wait.
    nextTurn: (task: () => void, awaited?: boolean) =>
      origin?.nextTurn(task, awaited) ?? (awaited === true && eventLoop.nextTurn(task)),
  };

  function pause(): void {
    // Every hold has been released: nothing would release a new one.
    if (over) return;
    runningLoop.during(origin, () => holds.hold());
  }

  function start(loop: ReadLoop, parent?: Subscription, last = false): void {
    const fed = new FedLoop(loop);
    // A Subscriber of its own, so that an Observable that emits inside `subscribe` can be stopped too.
    const subscriber = subscriberFor<Uint8Array>({
      holds,
      next(chunk) {
        // A consumer of this loop may make the source emit. That chunk comes from elsewhere: a loop never holds itself.
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
    // Stop the source first, release its readers last.
    const stop = new Subscription(() => subscriber.unsubscribe());
    stop.add(() => {
      over = true;
      holds.release();
      // The unread bytes stay readable without the source.
      if (loop.buffer.length === 0) fed.forget();
    });
    parent?.add(stop);
    if (last) parent?.add(() => fed.forget());
    source.subscribe(subscriber);
  }
  return { upstream, start };
}
