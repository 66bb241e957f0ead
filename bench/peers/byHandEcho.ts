/** Echo of lines by hand: each is written as it is found. */
import type { Socket } from 'node:net';
import type { Counted } from '../support/serve';

export function echoByHand(socket: Socket): Promise<Counted> {
  return new Promise((resolve) => {
    let frames = 0;
    let length = 0;
    let rest: Buffer | undefined;
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      let open = true;
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        const line = bytes.subarray(start, end + 1);
        start = end + 1;
        frames++;
        length += line.length;
        open = socket.write(line);
      }
      rest = start < bytes.length ? bytes.subarray(start) : undefined;
      if (open) return;
      socket.pause();
      socket.once('drain', () => socket.resume());
    });
    socket.on('end', () => socket.end(() => resolve({ frames, length })));
  });
}
