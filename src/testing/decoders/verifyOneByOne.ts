import type { DecoderTrial } from './DecoderTrial';

/** One read for each frame: of bytes that are all there, or of a decoder that forgets as each frame comes. */
export function verifyOneByOne<T>(trial: DecoderTrial<T>): void {
  const { table, options } = trial;
  let reading = trial.read();
  reading.cancel();
  if (!options.forgets) reading.push(table.whole);
  table.entries.forEach(({ frame, start, end }, i) => {
    if (frame === undefined) {
      // They come with the frame behind them.
      if (options.forgets) reading.push(table.whole.subarray(start, end));
      return;
    }
    reading = reading.next([frame], 1);
    if (options.forgets) reading.push(table.whole.subarray(start, end));
    reading.expect(`one read for each frame, read ${i}`, 1, 'complete');
    if (options.forgets) return;
    reading.expectLeft(`after a read for each of ${i + 1} frames`, table.whole.length - end);
  });
}
