/** The floor: payloads behind a length of four bytes, by hand. */
import type { Socket } from 'node:net';
import type { Counted } from '../support/serve';

export function framesByHand(socket: Socket): Promise<Counted> {
  return new Promise((resolve) => {
    let frames = 0;
    let length = 0;
    let rest: Buffer | undefined;
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      while (bytes.length - start >= 4) {
        const size = bytes.readUInt32BE(start);
        if (bytes.length - start - 4 < size) break;
        const frame = bytes.subarray(start + 4, start + 4 + size);
        start += 4 + size;
        frames++;
        length += frame.length;
      }
      rest = start < bytes.length ? bytes.subarray(start) : undefined;
    });
    socket.on('end', () => resolve({ frames, length }));
  });
}
