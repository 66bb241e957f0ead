import { Observable, type Subscriber } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import type { Connection } from '../connection/Connection';
import { endAfterPeer } from '../connection/endAfterPeer';
import { whenDelivered } from '../connection/whenDelivered';
import { assertConnectOptions, type ConnectOptions } from './ConnectOptions';
import { tracedDial } from './tracedDial';
import { withAbsolutePath } from './withAbsolutePath';

/**
 * A connection that lives as long as its subscription.
 *
 * - Emits once, when the connection is made. Every subscription dials again, so `reconnect` works.
 * - Completes when the connection is closed: by you, or after the peer has ended and everything is read and written.
 * - Errors when the connection can't be made or breaks: with the untouched system error, or with the reason of an aborted
 *   `signal`. A subscription after that abort completes without dialing, so that `retry` ends.
 * - Before it completes or errors, it delivers the bytes that arrived to the active read, also if the reader is held in between.
 *   An abort of `signal` does not wait for that.
 *
 * When the peer has ended and everything is read, our side ends too. It waits while an answer may follow: while a source is in
 * `writeTo` or `backpressure`, a `drain` or `flush` is pending, the reader is held, or a `for await` loop over it is running.
 * A source that never ends keeps our side open: end it with the read (`takeUntil`).
 *
 * Unsubscribing closes the connection, or cancels the dialing.
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
 * @param options - The options of `openConnection`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function connect(options: ConnectOptions): Observable<Connection> {
  assertConnectOptions(options);
  const { halfOpen = false, signal } = options;
  const where = withAbsolutePath(options);
  // The abort is an error once. Later subscriptions complete: after an error, `retry` would try again for ever.
  let abortTold = false;
  return new Observable((subscriber) => {
    if (abortTold) {
      subscriber.complete();
      return;
    }
    subscriber.add(() => {
      abortTold = signal?.aborted ?? false;
    });
    const cancel = tracedDial(where, {
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
    // An abort does not wait. It may also come while the rest waits in a held reader.
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
