import type { Subscription } from 'rxjs';

/** What RxJS 7.8 keeps in the Subscribers of a pipe: each knows the next one, and the last one the observer. */
interface Inside {
  readonly destination?: Inside | null | undefined;
  readonly partialObserver?: unknown;
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
