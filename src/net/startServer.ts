import type { Observable } from 'rxjs';
import type { Connection } from '../connection/Connection';
import { bind } from './bind';
import { HandlerRun } from './HandlerRun';
import { assertListenOptions, type ListenOptions } from './ListenOptions';
import type { Server } from './Server';
import { withAbsolutePath } from './withAbsolutePath';

/** Serves one connection until its promise settles or its Observable ends. If it returns nothing, see `startServer`. */
export type ConnectionHandler = (connection: Connection) => Observable<unknown> | PromiseLike<unknown> | void;

/**
 * Listens and passes each connection to a handler, as asyncio's `start_server` does.
 *
 * When the handler's promise resolves or its Observable completes, the queued bytes are sent and the connection is closed. If a
 * handler returns nothing, the connection stays open until both sides have ended it or you close it. A handler that throws,
 * rejects or errors, or whose teardown throws, ends only its own connection; `server.errors` emits the failure.
 *
 * A handler may outlast its connection, and `server.close()` waits for it. An Observable stays subscribed until its read has
 * ended, so that it gets every frame that arrived. If it goes on for 5 seconds without a read, it is unsubscribed, and that
 * is a failure too.
 *
 * @example
 * ```ts
 * import { openConnection, startServer } from 'rxjs-tcp';
 *
 * const server = await startServer(
 *   async ({ reader, writer }) => {
 *     for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
 *       writer.write(line);
 *       await writer.drain();
 *     }
 *   },
 *   { host: '127.0.0.1', port: 0 },
 * );
 * const { reader, writer } = await openConnection({ host: '127.0.0.1', port: server.port });
 * writer.write('hello\n');
 * console.log(`${await reader.readLine()}`.trimEnd()); // → hello
 * writer.close();
 * await server.close();
 * ```
 * @param handler - Called for every connection.
 * @param options - The options of `listen`.
 * @returns Rejects with the untouched system error (`EADDRINUSE`), or with the signal's reason.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function startServer(handler: ConnectionHandler, options: ListenOptions): Promise<Server> {
  if (typeof handler !== 'function') throw new TypeError('Cannot start a server: the handler must be a function');
  assertListenOptions(options);
  const where = withAbsolutePath(options);
  return new Promise((resolve, reject) => {
    bind(where, {
      failed: reject,
      bound: (server) => {
        server.connections.subscribe((connection) => new HandlerRun(connection, server).start(handler));
        resolve(server);
      },
    });
  });
}
