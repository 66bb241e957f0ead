import { connect } from 'node:net';

/** Connects as a health check does, sends nothing and leaves; resolves when it has. */
export function knock(port: number, leave: 'end' | 'resetAndDestroy'): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket[leave]());
    // A server that hangs up first, or resets, is what a check is for.
    socket.on('error', () => {}).on('close', () => resolve());
    socket.resume();
  });
}
