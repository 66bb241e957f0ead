import { Observable, type Subscriber } from 'rxjs';
import { assertConnectOptions } from './assertConnectOptions';
import type { Connection } from './Connection';
import type { ConnectOptions } from './ConnectOptions';
import { dial } from './dial';
import { endAfterPeer } from './endAfterPeer';

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
  const { signal } = options;
  // The abort is an error once. Who subscribes after that, `retry` above all, is at the end: an error would be tried again.
  let abortTold = false;
  return new Observable((subscriber) => {
    if (abortTold) {
      subscriber.complete();
      return;
    }
    subscriber.add(() => {
      abortTold = signal?.aborted ?? false;
    });
    const cancel = dial(dialOptions, {
      failed: (error) => subscriber.error(error),
      connected: (connection) => emit(connection, halfOpen, subscriber),
    });
    subscriber.add(cancel);
  });
}

function emit(connection: Connection, halfOpen: boolean, subscriber: Subscriber<Connection>): void {
  subscriber.add(() => connection.destroy());
  if (!halfOpen) endAfterPeer(connection);
  void connection.closed.then(({ error }) => {
    if (error === undefined) subscriber.complete();
    else subscriber.error(error);
  });
  subscriber.next(connection);
}
