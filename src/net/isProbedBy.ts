import type { Socket } from 'node:net';
import { isReset } from '../transports/resets';
import { ProxiedPeer } from './ProxiedPeer';

/** Whether a handshake has failed because a peer has connected, sent nothing and left. */
export function isProbedBy(socket: Socket | undefined, error: unknown): boolean {
  return socket !== undefined && ProxiedPeer.bytesBehind(socket) === 0 && isReset(error);
}
