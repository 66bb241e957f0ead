import { Observable } from 'rxjs';
import type { CloseInfo } from '../../connection/CloseInfo';
import type { Connection } from '../../connection/Connection';
import { endAfterPeer } from '../../connection/endAfterPeer';
import { whenDelivered } from '../../connection/whenDelivered';
import { DialAttempt } from '../../net/DialAttempt';

/**
 * What `connect` is, on connections that a test makes: for code that dials, and dials again.
 *
 * Each subscription is the next visit: a function makes its connection then, with which a diagram begins; an error is a
 * dial that fails with it. After the last one dialing takes for ever.
 *
 * - Emits once, when it is subscribed to.
 * - Completes when the connection is closed: by us, or by a peer that has ended, once everything is read and written.
 * - Errors when it breaks.
 * - Before either, what had arrived is delivered to the active read.
 *
 * Unsubscribing hangs up. Nothing of it is a promise, so virtual time drives it.
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
 * @returns The Observable to give to the code that dials, in place of `connect(options)`.
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
