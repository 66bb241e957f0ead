import { lastValueFrom, type Observable, tap } from 'rxjs';
import { type Connection, readLine, writeTo } from 'rxjs-tcp';
import { echoByHand } from '../peers/byHandEcho';
import * as naive from '../peers/naiveRxjs';
import { asyncio } from './asyncio';
import { bun } from './bun';
import { go } from './go';
import { type Counted, overConnection, overNet } from './serve';
import type { Contender } from './Workload';

export const FLOOR = 'net by hand';

/** Echo of lines. Each contender counts the lines, and writes all of them before it reports the count. */
export const echoes: Readonly<Record<string, Contender>> = {
  [FLOOR]: overNet(echoByHand),
  'rxjs-tcp readLine(), writeTo()': overConnection(echoLines),
  'rxjs-tcp await readLine(), drain()': overConnection(echoAwaited),
  'naive RxJS': overNet(
    (socket) =>
      new Promise((resolve) => {
        const counted = { frames: 0, length: 0 };
        naive
          .bufferLines(socket)
          .pipe(counting(counted))
          .subscribe({
            next: (line) => {
              socket.write(line);
              socket.write('\n');
            },
            complete: () => socket.end(() => resolve(counted)),
          });
      }),
  ),
  'asyncio readline(), drain()': asyncio('echo'),
  'Bun sockets': bun('echo'),
  'Go bufio': go('echo'),
};

/** Echo of lines by operators. */
export async function echoLines({ reader, writer }: Connection): Promise<Counted> {
  const counted = { frames: 0, length: 0 };
  await lastValueFrom(reader.pipe(readLine(), counting(counted), writeTo(writer)), { defaultValue: undefined });
  await writer.flush();
  return counted;
}

function counting(counted: { frames: number; length: number }) {
  return (lines$: Observable<Buffer>) =>
    lines$.pipe(
      tap((line) => {
        counted.frames++;
        counted.length += line.length;
      }),
    );
}

async function echoAwaited({ reader, writer }: Connection): Promise<Counted> {
  let frames = 0;
  let length = 0;
  for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
    frames++;
    length += line.length;
    if (!writer.write(line)) await writer.drain();
  }
  await writer.flush();
  return { frames, length };
}
