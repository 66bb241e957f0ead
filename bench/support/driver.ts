/**
 * The other end of a workload, in a process of its own and on plain `node:net`. It must never be what is waited for, so it
 * writes one large block, made beforehand, again and again: a system call for a megabyte. What comes back is compared with
 * what was sent.
 */
import { connect } from 'node:net';
import { type BlockSpec, blockOf } from './blocks';
import type { Told } from './Workload';

export interface SendCommand extends Told {
  readonly type: 'send';
  readonly port: number;
  readonly spec: BlockSpec;
  /** Whole blocks until then, then FIN. Milliseconds. */
  readonly time: number;
}

export interface Sent extends Told {
  readonly type: 'sent';
  readonly blocks: number;
  /** Bytes that came back, and whether they were those that were sent. */
  readonly back: number;
  readonly right: boolean;
  readonly failed?: string;
}

const host = '127.0.0.1';

export function send({ port, spec, time }: Omit<SendCommand, 'type'>): Promise<Sent> {
  const { bytes } = blockOf(spec);
  return new Promise((resolve) => {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
    const until = performance.now() + time;
    let blocks = 0;
    let back = 0;
    let right = true;
    const more = () => {
      while (blocks === 0 || performance.now() < until) {
        blocks++;
        if (!socket.write(bytes)) {
          socket.once('drain', more);
          return;
        }
      }
      socket.end();
    };
    socket.once('connect', more);
    socket.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; ) {
        const from = (back + at) % bytes.length;
        const length = Math.min(chunk.length - at, bytes.length - from);
        if (chunk.compare(bytes, from, from + length, at, at + length) !== 0) right = false;
        at += length;
      }
      back += chunk.length;
    });
    socket.on('error', ({ message }) => resolve({ type: 'sent', blocks, back, right, failed: message }));
    socket.on('close', () => resolve({ type: 'sent', blocks, back, right }));
  });
}

if (require.main === module) {
  process.on('message', (command: SendCommand) => {
    void send(command).then((sent) => process.send?.(sent));
  });
}
