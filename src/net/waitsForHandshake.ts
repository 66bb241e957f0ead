import type { Socket } from 'node:net';
import type { Connection } from '../connection/Connection';
import { ProxiedPeer } from './ProxiedPeer';

/** Whether an upgrade to TLS has received no byte of its handshake. */
export function waitsForHandshake({ upgrade, writer, bytesRead }: Connection): boolean {
  // The connection does not count the bytes of a handshake.
  return (
    upgrade?.isUnanswered === true && ProxiedPeer.bytesBehind(writer.getExtraInfo('socket') as Socket) <= bytesRead
  );
}
