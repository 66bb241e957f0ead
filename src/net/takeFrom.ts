import type { Server as NetServer, Socket } from 'node:net';
import type { ListenOptions } from './ListenOptions';
import type { Server } from './Server';

/**
 * Passes the sockets of a server that the program has made, or got from another process, to one that never listens.
 *
 * Options for sockets can't be set on the given server any more, so each socket gets them.
 *
 * @param given - It may also emit sockets that another process has accepted.
 * @param inner - Has the options of `listen`, also those of TLS.
 */
export function takeFrom(given: NetServer, inner: NetServer, server: Server, options: ListenOptions): void {
  const { noDelay = true, keepAlive = false, keepAliveInitialDelay } = options;
  given.on('connection', (socket: Socket) => {
    socket.setNoDelay(noDelay);
    if (keepAlive) socket.setKeepAlive(true, keepAliveInitialDelay);
    if (!server.admits(socket)) return;
    if (server.headers === undefined) inner.emit('connection', socket);
    else server.headers.receive(socket);
  });
}
