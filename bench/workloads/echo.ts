/**
 * Echo of what comes as fast as the driver can send: of lines, for reading and many small writes; and of bytes, for forwarding.
 */
import { lastValueFrom } from 'rxjs';
import { writeTo } from 'rxjs-tcp';
import { bun } from '../support/bun';
import { echoes, FLOOR } from '../support/echoes';
import { go } from '../support/go';
import { overConnection, overNet } from '../support/serve';
import { streamCase } from '../support/streamCase';
import type { Contender, Workload } from '../support/Workload';

/** Bytes are no frames: what comes back is compared by the driver. */
const NO_FRAMES = { frames: 0, length: 0 };

const bulk: Record<string, Contender> = {
  'a.pipe(a)': overNet(
    (socket) =>
      new Promise((resolve) => {
        socket.once('finish', () => resolve(NO_FRAMES));
        socket.pipe(socket);
      }),
  ),
  "'data' and write, by hand": overNet(
    (socket) =>
      new Promise((resolve) => {
        socket.on('data', (chunk) => {
          if (socket.write(chunk)) return;
          socket.pause();
          socket.once('drain', () => socket.resume());
        });
        socket.once('end', () => socket.end(() => resolve(NO_FRAMES)));
      }),
  ),
  'rxjs-tcp writeTo()': overConnection(async ({ reader, writer }) => {
    await lastValueFrom(reader.pipe(writeTo(writer)));
    return NO_FRAMES;
  }),
  'Bun sockets': bun('bulk'),
  'Go io.Copy': go('bulk'),
};

export const workload: Workload = {
  name: 'echo',
  title: 'Echo',
  cases: [
    streamCase({
      id: 'pipelined',
      title: 'echo of lines of 64 bytes, pipelined',
      stream: { spec: { kind: 'lines', size: 64, text: 'ascii' }, as: 'bytes', echo: true },
      floor: FLOOR,
      contenders: echoes,
      main: ['rxjs-tcp readLine(), writeTo()', 'naive RxJS'],
    }),
    streamCase({
      id: 'bulk',
      title: 'echo of bytes',
      stream: { spec: { kind: 'bytes' }, as: 'bytes', echo: true },
      floor: 'a.pipe(a)',
      contenders: bulk,
      main: ["'data' and write, by hand", 'rxjs-tcp writeTo()'],
    }),
  ],
};
