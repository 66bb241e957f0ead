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
