import type { DecoderTrial } from './DecoderTrial';

/**
 * A read is left at each place: the unfinished frame is still there, the next read goes on with it, and another reader sees nothing of it.
 *
 * A decoder that forgets loses what it has of a frame, so what comes of that frame later is not asked; all else is.
 */
export function verifyCancels<T>(trial: DecoderTrial<T>): void {
  const { table, options } = trial;
  const { whole } = table;
  for (const place of table.places) {
    const { from, to } = table.around(place);
    const left = place - table.lastEnd(place);
    const name = () => `cancelled at ${table.place(place)}`;
    const first = trial.read(from);
    first.push(...table.quick(from, place));
    first.cancel();
    first.expect(name, trial.count(from, place), 'open');
    if (!options.forgets) first.expectLeft(name, left);

    const other = trial.read(from);
    other.push(whole.subarray(from, to));
    other.end();
    other.expect(() => `${name()}, by another reader after it`, trial.count(from, to), 'complete');

    if (options.forgets && left > 0) continue;
    const second = first.next(trial.after(place));
    second.push(whole.subarray(place, to));
    second.end();
    second.expect(() => `${name()}, in the read after it`, trial.count(place, to), 'complete');
  }
}

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
