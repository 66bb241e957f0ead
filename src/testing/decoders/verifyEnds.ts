import { IncompleteReadError } from '../../errors';
import type { DecoderTrial } from './DecoderTrial';
import { ExpectedError } from './ExpectedError';

/** The stream ends at each place: between frames it completes, inside one it is an error with the bytes, or what `atEnd` says. */
export function verifyEnds<T>(trial: DecoderTrial<T>): void {
  const { table, options } = trial;
  for (const place of table.places) {
    const { from } = table.around(place);
    const partial = table.whole.subarray(table.lastEnd(place), place);
    const more = partial.length === 0 ? undefined : options.atEnd?.(Buffer.from(partial));
    const error = more === undefined ? new IncompleteReadError(partial, null) : more.error;
    const outcome = partial.length === 0 || error === undefined ? 'complete' : new ExpectedError(error);
    for (const [way, chunks] of [
      ['', [table.whole.subarray(from, place)]],
      [', byte by byte', table.quick(from, place)],
    ] as const) {
      const reading = trial.read(from);
      reading.push(...chunks);
      reading.end();
      const name = () => `with the end of the stream at ${table.place(place)}${way}`;
      reading.expect(name, trial.count(from, place), outcome, more?.frames);
    }
  }
}
