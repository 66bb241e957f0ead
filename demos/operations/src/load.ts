/**
 * The load, a process of its own: `load.js HOST PORT TLS_PORT CONNECTIONS`. Most peers send a line, wait for its echo, and rest. One of twenty
 * is a bad one. All come again after their end. It ends when its parent does, or disconnects.
 */
import { connect as dialNet, type Socket } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { connect as dialTls } from 'node:tls';

const [host = '127.0.0.1', port, tlsPort, connections] = process.argv.slice(2);
const LINE = `${'x'.repeat(255)}\n`;

type Peer = (socket: Socket) => Promise<void> | void;

/** Bad peers, in turn. */
const BAD: readonly (readonly [name: string, peer: Peer])[] = [
  [
    'sends and never reads',
    (socket) => {
      socket.pause();
      const send = () => {
        while (socket.write(LINE.repeat(64)));
      };
      socket.on('drain', send);
      send();
    },
  ],
  [
    'reads slowly',
    (socket) => {
      let due = 0;
      socket.on('data', (chunk) => {
        due -= chunk.length;
        socket.pause();
        void rest(500).then(() => socket.resume());
      });
      const send = () => {
        for (; due < 1_000_000; due += 64 * LINE.length) socket.write(LINE.repeat(64));
        void rest(500).then(send);
      };
      send();
    },
  ],
  ['never ends its line', (socket) => void socket.write(LINE.slice(0, 100))],
  [
    'resets',
    async (socket) => {
      socket.write(LINE);
      await rest(1000 + 2000 * Math.random());
      socket.resetAndDestroy();
    },
  ],
  [
    'leaves at once',
    async (socket) => {
      await rest(1000);
      socket.destroy();
    },
  ],
  [
    'talks no TLS',
    async (socket) => {
      socket.write('GET / HTTP/1.1\r\n\r\n');
      socket.resume();
      await rest(3000);
      socket.destroy();
    },
  ],
];

const talk: Peer = (socket) => {
  socket.on('data', () => {
    void rest(200 + 1600 * Math.random()).then(() => {
      if (socket.writable) socket.write(LINE);
    });
  });
  socket.write(LINE);
};

/** Opens one connection after the other, for one of the peers. */
async function come(index: number): Promise<void> {
  await rest(index / 2 + 200 * Math.random());
  const [name, bad] = index % 20 === 7 ? BAD[Math.floor(index / 20) % BAD.length]! : ['', undefined];
  const tls = name === 'talks no TLS' || name === 'leaves at once' || (bad === undefined && index % 40 === 0);
  for (;;) {
    const to = { host, port: Number(tls ? tlsPort : port) };
    const socket = tls && bad === undefined ? dialTls({ ...to, rejectUnauthorized: false }) : dialNet(to);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}); // a bad peer gets errors, and `close` follows
    socket.once(tls && bad === undefined ? 'secureConnect' : 'connect', () => void (bad ?? talk)(socket));
    await closed;
    await rest(500 + 1000 * Math.random());
  }
}

// The terminal sends it to us too, but the parent decides.
process.on('SIGINT', () => {});
process.once('disconnect', () => process.exit());
for (let i = 0; i < Number(connections); i++) void come(i);
