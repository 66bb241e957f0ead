import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, Subject } from 'rxjs';
import { concatMapPausing, lines, sharePausing, startServer } from 'rxjs-tcp';
import { Child } from './Child';
import { columns } from './columns';
import { MIB } from './Memory';
import type { Told } from './Workload';

/** Bytes that may wait for the stalled consumer of a device. */
const ALLOWANCE = 1024;
/** Milliseconds between two frames of a device. */
const EVERY = 200;
const host = '127.0.0.1';

interface Sent extends Told {
  readonly type: 'sent';
  readonly frames: number;
}

/**
 * 2,000 devices send a frame five times a second, over TCP from another process. An archive takes every frame. A dashboard takes
 * them too, and stalls on all devices for 10 seconds: `npm run soak -- stalled [devices] [seconds]`. Fails if the archive misses a
 * frame, or if more is kept for the dashboard than is allowed.
 */
export async function stalled(devices = 2000, seconds = 10): Promise<void> {
  let open: Promise<unknown> = Promise.resolve();
  const goOn = new Subject<void>();
  const delays: number[] = [];
  const count = { archived: 0, shown: 0, dropped: 0 };
  const server = await startServer(
    ({ reader }) => {
      const frames$ = reader.pipe(
        lines(),
        sharePausing({ overflow: 'drop-oldest', maxBuffered: ALLOWANCE, onDrop: () => count.dropped++ }),
      );
      const show = () => open.then(() => count.shown++);
      frames$.pipe(concatMapPausing(show)).subscribe({ error: () => {} });
      // The handler ends with the archive.
      return new Promise<void>((complete, error) => {
        const next = (frame: string) => {
          count.archived++;
          delays.push(Date.now() - Number(frame.slice(0, 13)));
        };
        frames$.subscribe({ next, error, complete });
      });
    },
    { host, port: 0, backlog: 4096 },
  );
  const rows = [['', 'archived', 'shown', 'dropped', 'resident MiB', 'p99 ms']];
  const note = (name: string) => {
    globalThis.gc?.();
    const late = delays.sort((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? 0;
    delays.length = 0;
    const { archived, shown, dropped } = count;
    const memory = (process.memoryUsage.rss() / MIB).toFixed(0);
    rows.push([name, `${archived}`, `${shown}`, `${dropped}`, memory, `${late}`]);
  };

  const sending = Child.node('soak', ['devices', `${server.port}`, `${devices}`]);
  await sending.next('connected');
  sending.tell({ type: 'send' });
  await sleep(3000);
  note('before');
  open = firstValueFrom(goOn);
  await sleep(seconds * 1000);
  note(`stalled for ${seconds} s`);
  open = Promise.resolve();
  goOn.next();
  await sleep(3000);
  note('afterwards');
  sending.tell({ type: 'end' });
  const { frames } = await sending.next<Sent>('sent');
  await sending.end();
  await server.close();
  console.log(columns(rows, 24));
  console.log(`${devices} devices sent ${frames} frames; the archive has ${count.archived}`);
  process.exitCode = count.archived === frames ? 0 : 1;
}

/** The process of the devices. */
export async function devices(port: number, size: number): Promise<void> {
  const sockets: Socket[] = [];
  let connected = 0;
  let frames = 0;
  await new Promise<void>((resolve) => {
    for (let i = 0; i < size; i++) {
      const socket = connect(port, host, () => ++connected === size && resolve());
      socket.on('error', () => {});
      sockets.push(socket);
    }
  });
  process.send?.({ type: 'connected' });
  let timer: NodeJS.Timeout | undefined;
  process.on('message', ({ type }: Told) => {
    if (type === 'send') {
      // A twentieth of them at a time: devices do not send in one moment.
      let turn = 0;
      timer = setInterval(() => {
        for (let i = turn % 20; i < size; i += 20) {
          sockets[i]?.write(`${Date.now()} ${'x'.repeat(49)}\n`);
          frames++;
        }
        turn++;
      }, EVERY / 20);
    } else {
      clearInterval(timer);
      let left = size;
      for (const socket of sockets) {
        socket.resume();
        socket.once('close', () => --left === 0 && process.send?.({ type: 'sent', frames }));
        socket.end();
      }
    }
  });
}
