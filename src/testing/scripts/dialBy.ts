import { Observable, type TeardownLogic } from 'rxjs';
import type { CloseInfo } from '../../connection/CloseInfo';
import type { Connection } from '../../connection/Connection';
import { endAfterPeer } from '../../connection/endAfterPeer';
import { whenDelivered } from '../../connection/whenDelivered';
import { DialAttempt } from '../../net/DialAttempt';

/** How a dial ends. */
export interface DialAnswer {
  connected(connection: Connection): void;
  failed(error: unknown): void;
}

/**
 * What `connect` is, on connections that come from somewhere else.
 *
 * @param open - Called for each subscription; what it returns is called when nobody waits for the answer any more.
 */
export function dialBy(open: (answer: DialAnswer) => TeardownLogic): Observable<Connection> {
  return new Observable((subscriber) => {
    const attempt = DialAttempt.current;
    attempt?.dialing(undefined);
    return open({
      failed: (error) => subscriber.error(error),
      connected: (connection) => {
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
      },
    });
  });
}
