import { cutAt } from './cutAt';
import { cutName } from './cutName';
import type { DecoderTrial } from './DecoderTrial';
import { everyCut } from './everyCut';
import { seededCuts } from './seededCuts';
import { verifyCut } from './verifyCut';
import { verifyShrinking } from './verifyShrinking';

/** Inputs up to this many bytes are cut in every way there is. */
const EVERY_CUT = 11;

/** The bytes in chunks of all kinds. A cut that fails is told by the fewest places that fail. */
export function verifyCuts<T>(trial: DecoderTrial<T>): void {
  const { table, options } = trial;
  const { whole } = table;
  for (const place of table.places.slice(1, -1)) {
    const { from, to } = table.around(place);
    const part = cutAt(whole.subarray(from, to), [place - from]);
    const name = `cut in two at ${table.place(place)}`;
    verifyShrinking(trial, name, [place], () => verifyCut(trial, name, part, trial.read(from), from));
  }
  if (whole.length <= EVERY_CUT) {
    for (const cut of everyCut(whole)) verifyShrinking(trial, cutName(placesOf(cut)), placesOf(cut));
  } else {
    seededCuts(whole, options.cuts, options.seed).forEach((cut, i) => {
      verifyShrinking(
        trial,
        `seed ${options.seed}, ${cutName(placesOf(cut)).replace('cut', `cut ${i}`)}`,
        placesOf(cut),
      );
    });
  }
}

function placesOf(cut: readonly Buffer[]): number[] {
  let at = 0;
  return cut.slice(0, -1).map(({ length }) => {
    at += length;
    return at;
  });
}
