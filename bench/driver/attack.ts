import { connect, type Socket } from 'node:net';
import type { Told } from '../support/Workload';

/** What an attacker does, from one address. */
export type AttackKind = 'nothing' | 'handshakes' | 'loris' | 'connects' | 'frames' | 'lines';

export interface AttackCommand extends Told {
  readonly type: 'attack';
  readonly kind: AttackKind;
  readonly port: number;
  /** For so many milliseconds. */
  readonly time: number;
}

export interface Attacked extends Told {
  readonly type: 'attacked';
  /** How often the attacker has connected, or tried to. */
  readonly connects: number;
}

/** The address of the attacker. */
const localAddress = '127.0.0.2';
/** A connection that was closed is replaced after so many milliseconds. */
const PATIENCE = 1000;
const FRAME = 16 * 1024 * 1024;

/** Attacks until the time is over. */
export function attack({ kind, port, time }: AttackCommand): Promise<Attacked> {
  let connects = 0;
  let over = false;
  const sockets = new Set<Socket>();

  const open = (use: (socket: Socket) => void, closed: () => void) => {
    if (over) return;
    connects++;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      closed();
    });
    socket.on('connect', () => use(socket));
    socket.resume();
  };
  /** So many connections, each replaced when it is closed. */
  const keep = (count: number, use: (socket: Socket) => void) => {
    const one = () => open(use, () => setTimeout(one, PATIENCE));
    for (let i = 0; i < count; i++) one();
  };
  const eachSecond = (socket: Socket, text: string) => {
    socket.write(text);
    const timer = setInterval(() => socket.write(text), 1000);
    socket.on('close', () => clearInterval(timer));
  };
  const attacks: Record<AttackKind, () => void> = {
    nothing: () => {},
    handshakes: () => keep(100, () => {}),
    loris: () => keep(2000, (socket) => eachSecond(socket, 'x')),
    lines: () => keep(2000, (socket) => eachSecond(socket, 'a line\n')),
    // As fast as it can, ten at a time.
    connects: () => {
      const one = () =>
        open(
          (socket) => socket.destroy(),
          () => setImmediate(one),
        );
      for (let i = 0; i < 10; i++) one();
    },
    // All of a frame but its end.
    frames: () =>
      keep(40, (socket) => {
        const head = Buffer.alloc(4);
        head.writeUInt32BE(FRAME);
        socket.write(head);
        socket.write(Buffer.alloc(FRAME - 1));
      }),
  };
  attacks[kind]();
  return new Promise((resolve) => {
    setTimeout(() => {
      over = true;
      for (const socket of sockets) socket.destroy();
      resolve({ type: 'attacked', connects });
    }, time);
  });
}
