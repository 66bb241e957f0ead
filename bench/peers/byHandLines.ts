/** The floor: the loop that everyone writes by hand. */
import type { Socket } from 'node:net';
import type { Counted } from '../support/serve';

export function buffersByHand(socket: Socket): Promise<Counted> {
  return new Promise((resolve) => {
    let frames = 0;
    let length = 0;
    let rest: Buffer | undefined;
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        const line = bytes.subarray(start, end);
        start = end + 1;
        frames++;
        length += line.length;
      }
      rest = start < bytes.length ? bytes.subarray(start) : undefined;
    });
    socket.on('end', () => resolve({ frames, length }));
  });
}

export function stringsByHand(socket: Socket): Promise<Counted> {
  return new Promise((resolve) => {
    let frames = 0;
    let length = 0;
    let rest: Buffer | undefined;
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        const line = bytes.toString('utf8', start, end);
        start = end + 1;
        frames++;
        length += line.length;
      }
      rest = start < bytes.length ? bytes.subarray(start) : undefined;
    });
    socket.on('end', () => resolve({ frames, length }));
  });
}
