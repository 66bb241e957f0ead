import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { eventLoop } from '../eventLoop';

/**
 * Resets a TCP socket, after its FIN where that is on its way.
 *
 * The system refuses a reset while FIN is on its way to it, and Node then loses the socket: it neither closes it nor emits
 * `'close'`. FIN takes a turn of the event loop or two; where it takes longer, because the peer's window is full, somebody
 * has to destroy the stream, which ends the wait.
 *
 * @param stream - What sends FIN: the socket, or TLS on it.
 * @param raw - The socket.
 */
export function resetAfterFin(stream: Duplex, raw: Socket): void {
  if (stream.destroyed) return;
  if (stream.writableEnded && !stream.writableFinished && stream.writableLength === 0) {
    eventLoop.nextTurn(() => resetAfterFin(stream, raw));
    return;
  }
  // TLS goes when its socket has gone: Node crashes where that is done at once inside an event of the handshake.
  if (raw !== stream) raw.once('close', () => stream.destroy());
  raw.resetAndDestroy();
}
