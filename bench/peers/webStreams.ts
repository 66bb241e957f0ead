/** Web streams: the socket as a `ReadableStream`, decoded and cut by transforms. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type ReadableStream, TextDecoderStream, TransformStream } from 'node:stream/web';

export function stringLines(socket: Socket): AsyncIterable<string> {
  // The readable side ends only once both directions have ended.
  socket.once('end', () => socket.end());
  const chunks = Readable.toWeb(socket) as ReadableStream<Uint8Array>;
  return chunks.pipeThrough(new TextDecoderStream()).pipeThrough(split());
}

function split(): TransformStream<string, string> {
  let rest = '';
  return new TransformStream({
    transform(chunk, controller) {
      const found = (rest + chunk).split('\n');
      rest = found.pop() as string;
      for (const line of found) controller.enqueue(line);
    },
  });
}
