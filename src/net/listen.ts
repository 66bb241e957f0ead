import { Observable } from 'rxjs';
import { bind } from './bind';
import { assertListenOptions, type ListenOptions } from './ListenOptions';
import type { Server } from './Server';
import { withAbsolutePath } from './withAbsolutePath';

/**
 * A server that lives as long as its subscription.
 *
 * - Emits once, when the server is bound. Every subscription binds again.
 * - Completes when the server is closed.
 * - Errors when it can't be bound: with the untouched system error (`EADDRINUSE`).
 *
 * Unsubscribing stops the server: it accepts no new connections, and the open ones have five seconds to finish.
 *
 * @example
 * ```ts
 * import { switchMap, tap } from 'rxjs';
 * import { listen, openConnection } from 'rxjs-tcp';
 *
 * const serving = listen({ host: '127.0.0.1', port: 0 })
 *   .pipe(
 *     tap(({ port }) => greet(port)),
 *     switchMap((server) => server.connections),
 *   )
 *   .subscribe(({ reader, writer }) => reader.subscribe(writer));
 *
 * async function greet(port?: number): Promise<void> {
 *   const { reader, writer } = await openConnection({ host: '127.0.0.1', port });
 *   writer.write('hello\n');
 *   console.log(`${await reader.readLine()}`.trimEnd()); // → hello
 *   writer.close();
 *   serving.unsubscribe();
 * }
 * ```
 * @param options - `host` and `port`, or `path`; `tls`, limits, `signal`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function listen(options: ListenOptions): Observable<Server> {
  assertListenOptions(options);
  const where = withAbsolutePath(options);
  return new Observable((subscriber) => {
    const cancel = bind(where, {
      failed: (error) => subscriber.error(error),
      bound: (server) => {
        subscriber.add(() => void server.close());
        void server.waitClosed().then(() => subscriber.complete());
        subscriber.next(server);
      },
    });
    subscriber.add(cancel);
  });
}
