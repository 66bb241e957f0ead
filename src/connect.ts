import { Observable, type Subscriber } from 'rxjs';
import { assertConnectOptions } from './assertConnectOptions';
import type { Connection } from './Connection';
import type { ConnectOptions } from './ConnectOptions';
import { dial } from './dial';
import { endAfterPeer } from './endAfterPeer';
import { whenDelivered } from './whenDelivered';

/** Options of {@link connect}. */
export interface ConnectObservableOptions extends ConnectOptions {
  /** Whether our side stays open when the peer has ended. Default `false`. */
  readonly halfOpen?: boolean | undefined;
}

/**
 * A connection that lives as long as its subscription.
 *
 * - Emits once, when the connection is made: every subscription dials anew, so `retry` and `repeat` re-dial.
 * - Completes when the connection is closed: by us, or by a peer that has ended, once everything is read and written.
 * - Errors when it can't be made or breaks: with the system error untouched.
 * - Before either, what had arrived is delivered to the active read, also if the reader is held in between. An abort of
 *   `signal` does not wait for that.
 *
 * When the peer has ended and everything is read, our side ends too. That waits while an answer may be under way: a source
 * is in `writeTo` or `backpressure`, a `drain` or `flush` is pending, the reader is held. A source that never ends keeps our
 * side open: end it with the read (`takeUntil`).
 *
 * Unsubscribing hangs up, or gives up the dialing.
 *
 * @example
 * ```ts
 * connect({ host: '127.0.0.1', port: 7 })
 *   .pipe(switchMap(({ reader }) => reader.pipe(lines())), retry({ delay: 1000 }))
 *   .subscribe(console.log);
 * ```
 * @param options - As of `openConnection`, and `halfOpen`.
 * @throws `TypeError` or `RangeError` for options that can't be meant.
 */
export function connect(options: ConnectObservableOptions): Observable<Connection> {
  assertConnectOptions(options);
  const { halfOpen = false, ...dialOptions } = options;
  return new Observable((subscriber) => {
    const cancel = dial(dialOptions, {
      failed: (error) => subscriber.error(error),
      connected: (connection) => emit(connection, subscriber, halfOpen, options.signal),
    });
    subscriber.add(cancel);
  });
}

function emit(
  connection: Connection,
  subscriber: Subscriber<Connection>,
  halfOpen: boolean,
  signal: AbortSignal | undefined,
): void {
  subscriber.add(() => connection.destroy());
  if (!halfOpen) endAfterPeer(connection);
  void connection.closed.then(({ error }) => {
    const end = () => {
      if (error === undefined) subscriber.complete();
      else subscriber.error(error);
    };
    // An abort waits for nobody; it may also come while a reader that is held delivers the rest.
    const abort = () => subscriber.error(signal?.reason);
    if (signal?.aborted) abort();
    if (subscriber.closed) return;
    signal?.addEventListener('abort', abort);
    subscriber.add(() => signal?.removeEventListener('abort', abort));
    whenDelivered(connection, end);
  });
  subscriber.next(connection);
}
