import { cutAt } from './cutAt';
import type { DecoderTrial } from './DecoderTrial';
import { verifyCut } from './verifyCut';

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** The same from an Observable that is no reader. It may emit empty chunks, too; those of a reader never get as far as an operator. */
export function verifyObservable<T>(trial: DecoderTrial<T>): void {
  const { table } = trial;
  const { whole } = table;
  const name = 'from an Observable';
  verifyCut(trial, `byte by byte, ${name}`, table.fine(0, whole.length), trial.readObservable());
  const empties = table.fine(0, whole.length).flatMap((chunk) => [EMPTY, chunk]);
  verifyCut(trial, `byte by byte with empty chunks between, ${name}`, [...empties, EMPTY], trial.readObservable());
  verifyCut(trial, `all at once, ${name}`, [whole], trial.readObservable());
  for (const { end } of table.entries) {
    const { from, to } = table.around(end);
    const part = [...cutAt(whole.subarray(from, to), [end - from]).flatMap((chunk) => [chunk, EMPTY])];
    verifyCut(trial, `cut in two at ${table.place(end)}, ${name}`, part, trial.readObservable(from), from);
  }
}
