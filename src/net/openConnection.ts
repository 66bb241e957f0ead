import type { Connection } from '../connection/Connection';
import { endAfterPeer } from '../connection/endAfterPeer';
import { assertConnectOptions, type ConnectOptions } from './ConnectOptions';
import { tracedDial } from './tracedDial';
import { withAbsolutePath } from './withAbsolutePath';

/**
 * Makes a connection, as asyncio's `open_connection` does.
 *
 * When the peer ends, the connection stays half-open: our side goes on until you close it, and `closed` waits for that. With
 * `halfOpen: false` it closes once everything is read and written. The `signal` cancels the dialing, and later ends the
 * connection.
 *
 * @example
 * ```ts
 * import { openConnection, startServer, writeTo } from 'rxjs-tcp';
 *
 * const server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), { host: '127.0.0.1', port: 0 });
 *
 * const { reader, writer } = await openConnection({ host: '127.0.0.1', port: server.port });
 * writer.write('hello\n');
 * console.log(`${await reader.readLine()}`.trimEnd()); // → hello
 * writer.close();
 * await writer.waitClosed();
 * await server.close();
 * ```
 * @param options - `host` and `port`, `path` or `socket`; `tls`, `signal`, `connectTimeout`, `halfOpen`, limits.
 * @returns Rejects with the untouched system error, with a `SocketTimeoutError`, or with the signal's reason.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function openConnection(options: ConnectOptions): Promise<Connection> {
  assertConnectOptions(options);
  const where = withAbsolutePath(options);
  return new Promise((resolve, reject) => {
    tracedDial(where, {
      failed: reject,
      connected: (connection) => {
        if (options.halfOpen === false) endAfterPeer(connection);
        resolve(connection);
      },
    });
  });
}
