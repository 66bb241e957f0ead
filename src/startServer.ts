import { isObservable, type Observable } from 'rxjs';
import { assertListenOptions } from './assertListenOptions';
import { bind } from './bind';
import type { Connection } from './Connection';
import type { ListenOptions } from './ListenOptions';
import type { Server } from './Server';
import { withAbsolutePath } from './withAbsolutePath';

/** Serves one connection: for as long as its promise or Observable lasts; or, where it returns nothing, see `startServer`. */
export type ConnectionHandler = (connection: Connection) => Observable<unknown> | PromiseLike<unknown> | void;

/**
 * Listens and hands each connection to a handler, as asyncio's `start_server` does.
 *
 * A handler's connection lives as long as what it returns: when the promise resolves or the Observable completes, what is
 * queued is sent and the connection closed. A handler that returns nothing leaves the connection open until both sides
 * have ended it or somebody closes it. A handler that throws, rejects or errors ends its own connection and no other; the
 * failure comes from `server.errors`.
 *
 * @example
 * ```ts
 * const server = await startServer(async ({ reader, writer }) => {
 *   for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
 *     writer.write(line);
 *     await writer.drain();
 *   }
 * }, { port: 8888 });
 * ```
 * @param handler - Called for every connection.
 * @param options - As of `listen`.
 * @returns Rejects with the system error untouched (`EADDRINUSE`), or with the signal's reason.
 * @throws `TypeError` or `RangeError` for options that can't be meant.
 */
export function startServer(handler: ConnectionHandler, options: ListenOptions): Promise<Server> {
  if (typeof handler !== 'function') throw new TypeError('Cannot start a server: the handler must be a function');
  assertListenOptions(options);
  const where = withAbsolutePath(options);
  return new Promise((resolve, reject) => {
    bind(where, {
      failed: reject,
      bound: (server) => {
        server.connections.subscribe((connection) => handle(connection, handler, server));
        resolve(server);
      },
    });
  });
}

function handle(connection: Connection, handler: ConnectionHandler, server: Server): void {
  try {
    const served = handler(connection);
    if (served) liveAsLongAs(served, connection, server);
  } catch (error) {
    server.handlerFailed(error, connection);
  }
}

function liveAsLongAs(
  served: Observable<unknown> | PromiseLike<unknown>,
  connection: Connection,
  server: Server,
): void {
  const finish = () => void connection.close();
  const fail = (error: unknown) => server.handlerFailed(error, connection);
  if (isObservable(served)) {
    const subscription = served.subscribe({ complete: finish, error: fail });
    // In a microtask: promises inside of it that are settled by the end have the word before, their failures above all.
    connection.whenClosed(() => void Promise.resolve().then(() => subscription.unsubscribe()));
  } else if (typeof served.then === 'function') {
    served.then(finish, fail);
  }
}
