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
