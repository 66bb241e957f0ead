/** `for await` over the socket, by hand: the lines of each chunk at once, or one `await` for each. */
import type { Socket } from 'node:net';
import type { Counted } from '../support/serve';

export async function bufferLines(socket: Socket): Promise<Counted> {
  let frames = 0;
  let length = 0;
  let rest: Buffer | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      const line = bytes.subarray(start, end);
      start = end + 1;
      frames++;
      length += line.length;
    }
    rest = start < bytes.length ? bytes.subarray(start) : undefined;
  }
  return { frames, length };
}

export async function stringLines(socket: Socket): Promise<Counted> {
  let frames = 0;
  let length = 0;
  let rest: Buffer | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      const line = bytes.toString('utf8', start, end);
      start = end + 1;
      frames++;
      length += line.length;
    }
    rest = start < bytes.length ? bytes.subarray(start) : undefined;
  }
  return { frames, length };
}

export async function* eachLine(socket: Socket): AsyncGenerator<Buffer> {
  let rest: Buffer | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = start < bytes.length ? bytes.subarray(start) : undefined;
  }
}
