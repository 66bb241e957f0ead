/**
 * One connection delivers huge buffered chunks of short lines, each of which is some work; another one plays ping-pong with
 * the same process. How long does a ping take? With `lines()`, which yields its turn every 10 ms, and with a handler of
 * `'data'` that cuts and handles all lines of what it has collected in one go.
 *
 * It printed here (Node 20, two cores that had other things to do too):
 *
 *     a ping, while there is               median ms     99 % ms     most ms       pings     seconds
 *       nothing else                            0.18        1.38        6.18        4210        1.00
 *       lines() of a large chunk                  11          16          24         243        2.56
 *       split of a large chunk                   425         460         473           5        2.15
 */
import { connect, type Socket } from 'node:net';
import { lines, StreamReader, startServer } from 'rxjs-tcp';
import { inOwnProcess, median, row, tellResult } from './support/measure';

const CHUNK = Buffer.from('a line\n'.repeat(200_000)); // 1.4 MB
const ROUNDS = 5;
const host = '127.0.0.1';

/** Two microseconds or so for a line: 400 ms for a chunk. */
let sum = 0;
function work(line: string): void {
  for (let i = 0; i < 300; i++) sum = (Math.imul(sum, 31) + line.charCodeAt(i % line.length)) | 0;
}

const BUSY: Record<string, (done: () => void) => void> = {
  'nothing else': (done) => setTimeout(done, 1000),
  'lines() of a large chunk': (done) => {
    let left = ROUNDS;
    const next = () => {
      if (left-- === 0) return done();
      const reader = StreamReader.from([CHUNK], { limit: CHUNK.length });
      reader.pipe(lines()).subscribe({ next: work, complete: () => setImmediate(next) });
    };
    next();
  },
  'split of a large chunk': (done) => {
    let left = ROUNDS;
    const next = () => {
      if (left-- === 0) return done();
      for (const line of CHUNK.toString().split('\n')) if (line.length > 0) work(line);
      setImmediate(next);
    };
    next();
  },
};

/** The process that is busy, and answers pings. */
async function run(kind: string): Promise<void> {
  const server = await startServer(({ reader, writer }) => void reader.subscribe(writer), { host, port: 0 });
  const { port } = server.address() as { port: number };
  process.send?.({ port });
  // The pinging process connects to us, and we wait for its first byte.
  process.once('message', () => {
    const started = performance.now();
    BUSY[kind]?.(() => tellResult((performance.now() - started) / 1000));
  });
}

/** Ping-pong until the other end goes: how long each took, in milliseconds. */
function ping(socket: Socket): Promise<number[]> {
  const times: number[] = [];
  let sent = performance.now();
  socket.setNoDelay();
  socket.write('.');
  return new Promise((resolve) => {
    socket.on('data', () => {
      times.push(performance.now() - sent);
      sent = performance.now();
      socket.write('.');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(times));
  });
}

async function main(): Promise<void> {
  row('a ping, while there is', 'median ms', '99 % ms', 'most ms', 'pings', 'seconds');
  for (const kind of Object.keys(BUSY)) {
    let times!: Promise<number[]>;
    const seconds = await inOwnProcess<number>(__filename, `run:${kind}`, (port, child) => {
      const socket = connect({ host, port });
      socket.once('connect', () => {
        times = ping(socket);
        child.send('go');
      });
    });
    const sorted = (await times).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] as number;
    row(`  ${kind}`, median(sorted), at(0.99), at(1), `${sorted.length}`, seconds);
  }
}

const [argument] = process.argv.slice(2);
if (argument?.startsWith('run:')) void run(argument.slice(4));
else void main();
