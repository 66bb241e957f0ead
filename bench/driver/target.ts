import { createServer } from 'node:net';
import { type BlockSpec, blockOf } from '../support/blocks';
import type { Serving, Told } from '../support/Workload';
import { Compared } from './Compared';

export interface TargetCommand extends Told {
  readonly type: 'target';
  readonly spec: BlockSpec;
  /** How long it stops reading after each MiB, in milliseconds. */
  readonly rest: number;
}

export interface Arrived extends Told {
  readonly type: 'arrived';
  readonly bytes: number;
  readonly right: boolean;
}

const MIB = 1024 * 1024;

/** The target of a proxy: it listens, and reports what each connection has sent. */
export function target({ spec, rest }: TargetCommand, tell: (arrived: Arrived) => void): Promise<Serving> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      const came = new Compared(blockOf(spec).bytes);
      let read = 0;
      socket.on('data', (chunk: Buffer) => {
        came.add(chunk);
        read += chunk.length;
        if (rest === 0 || read < MIB) return;
        read = 0;
        socket.pause();
        setTimeout(() => socket.resume(), rest);
      });
      socket.on('error', () => {});
      socket.on('close', () => tell({ type: 'arrived', bytes: came.bytes, right: came.right }));
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      resolve({ port, close: () => server.close() });
    });
  });
}
