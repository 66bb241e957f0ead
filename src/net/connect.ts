import { Observable, type Subscriber } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import type { Connection } from '../connection/Connection';
import { endAfterPeer } from '../connection/endAfterPeer';
import { whenDelivered } from '../connection/whenDelivered';
import { assertConnectOptions } from './assertConnectOptions';
import type { ConnectOptions } from './ConnectOptions';
import { dial } from './dial';
import { withAbsolutePath } from './withAbsolutePath';

/**
 * A connection that lives as long as its subscription.
 *
 * - Emits once, when the connection is made: every subscription dials anew, so `reconnect` re-dials.
 * - Completes when the connection is closed: by us, or by a peer that has ended, once everything is read and written.
 * - Errors when it can't be made or breaks: with the system error untouched; with the reason of an aborted `signal`. A
 *   subscription after that abort completes without dialing, so that `retry` ends.
 * - Before either, what had arrived is delivered to the active read, also if the reader is held in between. An abort of
 *   `signal` does not wait for that.
 *
 * When the peer has ended and everything is read, our side ends too. That waits while an answer may be under way: a source
 * is in `writeTo` or `backpressure`, a `drain` or `flush` is pending, the reader is held, a `for await` loop over it is under
 * way. A source that never ends keeps our side open: end it with the read (`takeUntil`).
 *
 * Unsubscribing hangs up, or gives up the dialing.
 *
 * @example
 * ```ts
 * import { switchMap } from 'rxjs';
 * import { connect, lines, startServer } from 'rxjs-tcp';
 *
 * const server = await startServer(async ({ writer }) => void writer.write('one\ntwo\n'), { host: '127.0.0.1', port: 0 });
 *
 * connect({ host: '127.0.0.1', port: server.port })
 *   .pipe(switchMap(({ reader }) => reader.pipe(lines())))
 *   .subscribe({ next: (line) => console.log(line), complete: () => server.close() });
 * // → one
 * // → two
 * ```
 * @param options - As of `openConnection`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function connect(options: ConnectOptions): Observable<Connection> {
  assertConnectOptions(options);
  const { halfOpen = false, signal } = options;
  const where = withAbsolutePath(options);
  // The abort is an error once. Later subscriptions complete: `retry` would try again after an error, for ever.
  let abortTold = false;
  return new Observable((subscriber) => {
    if (abortTold) {
      subscriber.complete();
      return;
    }
    subscriber.add(() => {
      abortTold = signal?.aborted ?? false;
    });
    const cancel = dial(where, {
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
    if (signal !== undefined) {
      AbortListeners.of(signal).add(abort);
      subscriber.add(() => AbortListeners.of(signal).delete(abort));
    }
    whenDelivered(connection, end);
  });
  subscriber.next(connection);
}
