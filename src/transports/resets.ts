/** Resets: how the system reports one, how a stream hides one, and how to send one. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { eventLoop } from '../eventLoop';

const RESETS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Whether an error is a system error that says that the peer has reset the connection. */
export function isReset(error: unknown): boolean {
  return RESETS.has((error as NodeJS.ErrnoException | null | undefined)?.code);
}

/** The system error of a read whose peer has reset the connection, as Node makes it. */
export function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });
}

/**
 * Whether the system has no peer for a socket any more: the socket was reset, even if its stream has not emitted that yet.
 *
 * Node has no public way to ask, so this asks the handle, if there is one. The handle of a Unix socket does not know.
 */
export function hasNoPeer(stream: Duplex): boolean {
  const { _handle } = stream as { readonly _handle?: { getpeername?(into: object): number } | null };
  return (_handle?.getpeername?.({}) ?? 0) < 0;
}

/**
 * Whether the peer has reset a TCP socket, or TLS on one, although the stream only emits that it has ended.
 *
 * Node takes a reset for an end in two cases: when it comes together with the last bytes, and when it answers the session
 * tickets of TLS, which Node writes by itself. A stream that was cut would look whole, and a TLS socket would stay half-open
 * for ever. But the system has no peer for a socket that was reset: see {@link hasNoPeer}.
 *
 * If a reset follows FIN so closely that both have arrived, it counts as a reset: nothing can be sent to that peer.
 */
export function wasReset(stream: Duplex): boolean {
  // Once FIN has gone both ways, there is no peer either.
  if (stream.writableEnded) return false;
  return hasNoPeer(stream);
}

/**
 * Resets a TCP socket. If its FIN is on its way, it waits for that first.
 *
 * The system refuses a reset while FIN is on its way to it, and then Node loses the socket: it neither closes it nor emits
 * `'close'`. FIN takes one or two turns of the event loop. It takes longer if the peer's window is full; then the caller must
 * destroy the stream, which ends the wait.
 *
 * @param stream - The stream that sends FIN: the socket, or TLS on it.
 * @param raw - The socket.
 */
export function resetAfterFin(stream: Duplex, raw: Socket): void {
  if (stream.destroyed) return;
  if (stream.writableEnded && !stream.writableFinished && stream.writableLength === 0) {
    eventLoop.nextTurn(() => resetAfterFin(stream, raw));
    return;
  }
  // TLS is destroyed after its socket: at once, inside an event of the handshake, Node would crash.
  if (raw !== stream) raw.once('close', () => stream.destroy());
  raw.resetAndDestroy();
}
