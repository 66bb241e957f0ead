import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port of 127.0.0.1 that answers no dial, neither with a connection nor with a refusal. */
export interface SilentAddress {
  readonly port: number;
  close(): Promise<void>;
}

// It listens, and its thread never gets to accept.
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
    process.exit();
  });
`;

/** Linux: a port whose queue of connections is full drops further ones. */
export async function silentAddress(): Promise<SilentAddress> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(PROGRAM, { eval: true, workerData: gate });
  const [port] = (await once(worker, 'message')) as [number];
  const queue: Socket[] = [];
  // The system accepts one more than the backlog.
  for (let i = 0; i < 2; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    queue.push(socket);
    await once(socket, 'connect');
  }
  return {
    port,
    async close() {
      const gone = once(worker, 'exit');
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      await gone;
      for (const socket of queue) socket.destroy();
    },
  };
}
