/** `node:readline`, by its event and as an iterator. */
import type { Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import type { Counted } from '../support/serve';

export function lineEvents(socket: Socket): Promise<Counted> {
  return new Promise((resolve) => {
    let frames = 0;
    let length = 0;
    interfaceOf(socket)
      .on('line', (line) => {
        frames++;
        length += line.length;
      })
      .on('close', () => resolve({ frames, length }));
  });
}

export function interfaceOf(socket: Socket): Interface {
  return createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
}
