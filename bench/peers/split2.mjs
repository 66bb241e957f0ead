// https://github.com/mcollina/split2
import split2 from 'split2';

export function lines(socket) {
  return new Promise((resolve) => {
    let frames = 0;
    let length = 0;
    socket
      .pipe(split2())
      .on('data', (line) => {
        frames++;
        length += line.length;
      })
      .on('end', () => resolve({ frames, length }));
  });
}

/** One turn after the other: the iterator of the stream waits. */
export async function eachLine(socket, take) {
  let index = 0;
  for await (const line of socket.pipe(split2())) await take(line, index++);
}

export function echo(socket) {
  socket.on('error', () => {});
  socket
    .pipe(split2())
    .on('data', (line) => socket.write(`${line}\n`))
    .on('end', () => socket.end());
}
