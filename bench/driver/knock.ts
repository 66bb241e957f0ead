import { connect } from 'node:net';
import type { Told } from '../support/Workload';

export interface KnockCommand extends Told {
  readonly type: 'knock';
  readonly port: number;
  readonly connections: number;
}

/** From how many addresses it connects. */
const ADDRESSES = 20;
const AT_ONCE = 20;

/** Opens so many connections, one after the other in each of a few rows, and resets each as soon as the server has ended it. */
export function knock({ port, connections }: KnockCommand): void {
  let count = 0;
  const one = () => {
    if (count >= connections) return;
    const localAddress = `127.0.1.${1 + (count++ % ADDRESSES)}`;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => {});
    socket.on('close', one);
    socket.on('end', () => socket.resetAndDestroy());
    socket.resume();
  };
  for (let i = 0; i < AT_ONCE; i++) one();
}
