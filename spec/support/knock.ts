import { connect } from 'node:net';

/** Connects like a health check, sends nothing and leaves; resolves when it has left. */
export function knock(port: number, leave: 'end' | 'resetAndDestroy'): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket[leave]());
    // A server that closes or resets first is fine for a health check.
    socket.on('error', () => {}).on('close', () => resolve());
    socket.resume();
  });
}
