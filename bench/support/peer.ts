import type { Socket } from 'node:net';
import { loadPeer } from './loadPeer';
import { type Counted, overNet } from './serve';
import type { Serve } from './Workload';

/** A handler of `bench/peers` that counts the frames of a socket. */
export function peer(file: string, handler: string): Serve {
  return async (tell, argument) => {
    const handle = await loadPeer<(socket: Socket) => Promise<Counted>>(file, handler);
    return overNet(handle)(tell, argument);
  };
}
