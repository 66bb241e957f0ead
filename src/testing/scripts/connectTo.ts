import { Observable } from 'rxjs';
import type { CloseInfo } from '../../connection/CloseInfo';
import type { Connection } from '../../connection/Connection';
import { endAfterPeer } from '../../connection/endAfterPeer';
import { whenDelivered } from '../../connection/whenDelivered';
import { DialAttempt } from '../../net/DialAttempt';

/**
 * Replaces `connect` in a test of code that dials again: the test makes the connections.
 *
 * Each subscription takes the next visit. A function makes the connection at that time, and its diagram begins then. An error
 * fails the dialing. After the last visit, dialing never ends.
 *
 * - Emits once, when you subscribe.
 * - Completes when the connection is closed: by you, or after the peer has ended and everything is read and written.
 * - Errors when the connection breaks.
 * - Before it completes or errors, it delivers the bytes that arrived to the active read.
 *
 * Unsubscribing closes the connection. It uses no promise, so virtual time drives it.
 *
 * @example
 * ```ts
 * import { switchMap } from 'rxjs';
 * import { lines, reconnect } from 'rxjs-tcp';
 * import { connectTo, runMarbles } from 'rxjs-tcp/testing';
 *
 * runMarbles(({ connection, expectObservable }) => {
 *   const dial = connectTo(new Error('refused'), () => connection('a|', { a: 'one\n' }));
 *   const client = dial.pipe(
 *     switchMap(({ reader }) => reader.pipe(lines())),
 *     reconnect({ initial: 1000, jitter: 0 }),
 *   );
 *   expectObservable(client, '^ 2s !').toBe('1s a', { a: 'one' });
 * });
 * console.log('passed'); // → passed
 * ```
 * @param visits - One for each subscription, in order: an error, or a function that makes the connection.
 * @returns The Observable for the code under test, instead of `connect(options)`.
 */
export function connectTo(...visits: readonly (Error | (() => Connection))[]): Observable<Connection> {
  let next = 0;
  return new Observable((subscriber) => {
    const attempt = DialAttempt.current;
    attempt?.dialing(undefined);
    const visit = visits[next++];
    if (visit === undefined) return;
    if (typeof visit !== 'function') {
      subscriber.error(visit);
      return;
    }
    const connection = visit();
    attempt?.connected(connection);
    subscriber.add(() => connection.destroy());
    endAfterPeer(connection);
    connection.whenClosed(({ ended }) => {
      const { error } = ended as CloseInfo;
      whenDelivered(connection, () => {
        if (error === undefined) subscriber.complete();
        else subscriber.error(error);
      });
    });
    subscriber.next(connection);
  });
}
