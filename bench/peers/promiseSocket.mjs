// https://github.com/dex4er/js-promise-socket
import { PromiseSocket } from 'promise-socket';

/** Payloads behind a length of four bytes: two reads each. */
export async function frames(socket) {
  const stream = new PromiseSocket(socket);
  let frames = 0;
  let length = 0;
  for (;;) {
    const head = await stream.read(4);
    if (head === undefined) return { frames, length };
    const frame = await stream.read(head.readUInt32BE());
    frames++;
    length += frame.length;
  }
}
