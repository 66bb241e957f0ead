import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Told } from '../support/Workload';

export interface VisitCommand extends Told {
  readonly type: 'visit';
  readonly port: number;
  /** What is sent, and must come back. */
  readonly message: string;
  readonly tls: boolean;
  /** For so many milliseconds. */
  readonly time: number;
}

export interface Visited extends Told {
  readonly type: 'visited';
  /** Milliseconds: from a message to its echo, on a connection that stays. */
  readonly ping50: number;
  readonly ping99: number;
  /** Milliseconds: from a new connection to its first echo. */
  readonly dial50: number;
  readonly dial99: number;
}

/** The address of a client that does no harm. */
const localAddress = '127.0.0.3';
/** How many milliseconds there are from one message to the next, and from one new connection to the next. */
const BETWEEN = { messages: 2, connections: 10 };

/** A client that talks to a server a little all the time: on one connection that stays, and on a new one now and then. */
export async function visit({ port, message, tls, time }: VisitCommand): Promise<Visited> {
  const bytes = Buffer.from(message, 'latin1');
  const dial = async (): Promise<Socket> => {
    const options = { port, host: '127.0.0.1', localAddress, noDelay: true };
    const socket = tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
    await once(socket, tls ? 'secureConnect' : 'connect');
    return socket;
  };
  const ask = async (socket: Socket): Promise<void> => {
    socket.write(bytes);
    for (let missing = bytes.length; missing > 0; ) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      missing -= chunk.length;
    }
  };
  const until = performance.now() + time;
  const repeat = async (between: number, once: () => Promise<void>): Promise<number[]> => {
    const times: number[] = [];
    while (performance.now() < until) {
      const began = performance.now();
      await once();
      times.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, between));
    }
    return times.sort((one, other) => one - other);
  };
  const stays = await dial();
  const [pings, dials] = await Promise.all([
    repeat(BETWEEN.messages, () => ask(stays)),
    repeat(BETWEEN.connections, async () => {
      const socket = await dial();
      await ask(socket);
      socket.destroy();
    }),
  ]);
  stays.destroy();
  const at = (times: readonly number[], part: number) => times[Math.floor((times.length - 1) * part)]!;
  return {
    type: 'visited',
    ping50: at(pings, 0.5),
    ping99: at(pings, 0.99),
    dial50: at(dials, 0.5),
    dial99: at(dials, 0.99),
  };
}
