// https://effect.website
import * as NodeStream from '@effect/platform-node/NodeStream';
import { Effect, Stream } from 'effect';

export async function lines(socket) {
  let frames = 0;
  let length = 0;
  const count = (line) =>
    Effect.sync(() => {
      frames++;
      length += line.length;
    });
  await Effect.runPromise(
    NodeStream.fromReadable({ evaluate: () => socket, onError: (error) => error, closeOnDone: false }).pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runForEach(count),
    ),
  );
  return { frames, length };
}
