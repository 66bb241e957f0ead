import type { Socket } from 'node:net';
import { isReset } from '../transports/resets';

/** Whether a handshake has failed because a peer has connected, sent nothing and left. */
export function isProbedBy(socket: Socket | undefined, error: unknown): boolean {
  return socket?.bytesRead === 0 && isReset(error);
}
