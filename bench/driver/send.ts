import { connect, type Socket } from 'node:net';
import { type BlockSpec, blockOf } from '../support/blocks';
import type { Told } from '../support/Workload';
import { Compared } from './Compared';

export interface SendCommand extends Told {
  readonly type: 'send';
  readonly port: number;
  readonly spec: BlockSpec;
  /** How long it sends whole blocks before FIN. Milliseconds. */
  readonly time: number;
  /** The most blocks that it sends. */
  readonly blocks?: number;
}

export interface Sent extends Told {
  readonly type: 'sent';
  readonly blocks: number;
  /** How many bytes came back, and whether they were the sent ones. */
  readonly back: number;
  readonly right: boolean;
  readonly failed?: string;
}

let last: Socket | undefined;

/** How many bytes the kernel has taken from the newest connection. */
export function sentSoFar(): number {
  return last === undefined ? 0 : last.bytesWritten - last.writableLength;
}

/**
 * Sends as fast as it can. The contender must never wait for it, so it writes one large prepared block again and again: one
 * system call for a megabyte.
 */
export function send({ port, spec, time, blocks: most = Number.POSITIVE_INFINITY }: Omit<SendCommand, 'type'>) {
  const { bytes } = blockOf(spec);
  return new Promise<Sent>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    last = socket;
    const until = performance.now() + time;
    const came = new Compared(bytes);
    let blocks = 0;
    const more = () => {
      while (blocks === 0 || (blocks < most && performance.now() < until)) {
        blocks++;
        if (!socket.write(bytes)) {
          socket.once('drain', more);
          return;
        }
      }
      socket.end();
    };
    const sent = () => ({ type: 'sent', blocks, back: came.bytes, right: came.right }) as const;
    socket.once('connect', more);
    socket.on('data', (chunk: Buffer) => came.add(chunk));
    socket.on('error', ({ message }) => resolve({ ...sent(), failed: message }));
    socket.on('close', () => resolve(sent()));
  });
}
