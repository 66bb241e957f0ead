import { connect, type Socket } from 'node:net';
import { blockOf, type LinesSpec } from '../support/blocks';
import type { Told } from '../support/Workload';

export interface PingCommand extends Told {
  readonly type: 'ping';
  readonly port: number;
  readonly connections: number;
  readonly spec: LinesSpec;
  /** The time of the warm-up, then the time in which answers count. Milliseconds. */
  readonly warm: number;
  readonly timed: number;
}

export interface Pinged extends Told {
  readonly type: 'pinged';
  /** How many lines were answered, also in the warm-up. */
  readonly answers: number;
  /** Answers in a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** On each of these connections at once: a line, its echo, the next line. */
export async function ping({ port, connections, spec, warm, timed }: PingCommand): Promise<Pinged> {
  const { bytes, frames } = blockOf(spec);
  const line = bytes.subarray(0, bytes.length / frames);
  const sockets: Socket[] = [];
  // A backlog holds some hundred that were not accepted yet.
  while (sockets.length < connections) {
    const few = Math.min(100, connections - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: few }, () => dial(port)))));
  }
  const times: number[] = [];
  let answers = 0;
  const from = performance.now() + warm;
  const until = from + timed;
  const played = sockets.map(
    (socket) =>
      new Promise<void>((resolve, reject) => {
        let missing = 0;
        let sent = 0;
        const next = () => {
          sent = performance.now();
          if (sent >= until) {
            socket.end();
            return;
          }
          missing = line.length;
          socket.write(line);
        };
        socket.on('data', (chunk: Buffer) => {
          missing -= chunk.length;
          if (missing < 0) reject(new Error('Cannot trust a run: more came back than was sent'));
          if (missing > 0) return;
          answers++;
          if (sent >= from) times.push(performance.now() - sent);
          next();
        });
        socket.on('error', reject);
        socket.on('close', () => resolve());
        next();
      }),
  );
  await Promise.all(played);
  if (times.length === 0) throw new Error('Cannot trust a run: nothing was answered in time');
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)]!;
  return { type: 'pinged', answers, rate: (times.length / timed) * 1000, p50: at(0.5), p99: at(0.99), most: at(1) };
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}
