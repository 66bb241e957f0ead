// https://effect.website
import * as NodeStream from '@effect/platform-node/NodeStream';
import { Effect, Stream } from 'effect';

function linesOf(socket) {
  return NodeStream.fromReadable({ evaluate: () => socket, onError: (error) => error, closeOnDone: false }).pipe(
    Stream.decodeText,
    Stream.splitLines,
  );
}

export async function lines(socket) {
  let frames = 0;
  let length = 0;
  const count = (line) =>
    Effect.sync(() => {
      frames++;
      length += line.length;
    });
  await Effect.runPromise(linesOf(socket).pipe(Stream.runForEach(count)));
  return { frames, length };
}

/** One turn after the other. */
export async function eachLine(socket, take) {
  const turn = ([line, index]) => Effect.promise(() => take(line, index));
  await Effect.runPromise(linesOf(socket).pipe(Stream.zipWithIndex, Stream.runForEach(turn)));
}

export function echo(socket) {
  const write = (line) => Effect.sync(() => socket.write(`${line}\n`));
  const end = Effect.sync(() => socket.end());
  Effect.runFork(linesOf(socket).pipe(Stream.runForEach(write), Effect.ensuring(end)));
}
