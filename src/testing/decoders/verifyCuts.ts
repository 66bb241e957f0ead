import { blamingState } from './blamingState';
import { cutAt } from './cutAt';
import type { DecoderReading } from './DecoderReading';
import type { DecoderTrial } from './DecoderTrial';
import { everyCut } from './everyCut';
import { seededCuts } from './seededCuts';
import { shrinkCut } from './shrinkCut';

/** Inputs up to this many bytes are cut in every way there is. */
const EVERY_CUT = 11;
/** So many places of a cut are named. */
const NAMED = 40;
const EMPTY = Buffer.alloc(0);

/** All bytes at once: the first check, for what is wrong whatever the chunks are. */
export function verifyWhole<T>(trial: DecoderTrial<T>): void {
  verifyCut(trial, 'all at once', [trial.table.whole]);
}

/** One given cut, of a reader's bytes and of an Observable's. */
export function verifyGivenCut<T>(trial: DecoderTrial<T>, places: readonly number[]): void {
  verifyCut(trial, cutName(places), cutAt(trial.table.whole, places));
  verifyCut(trial, `${cutName(places)}, from an Observable`, cutAt(trial.table.whole, places), trial.readObservable());
}

/** Byte by byte; long input in small chunks. */
export function verifyFine<T>(trial: DecoderTrial<T>): void {
  verifyShrinking(trial, 'byte by byte', trial.table.finePlaces(0, trial.table.whole.length));
}

/** The bytes in chunks of all kinds. A cut that fails is told by the fewest places that fail. */
export function verifyCuts<T>(trial: DecoderTrial<T>): void {
  const { table, options } = trial;
  const { whole } = table;
  for (const place of table.places.slice(1, -1)) {
    const { from, to } = table.around(place);
    const part = cutAt(whole.subarray(from, to), [place - from]);
    const name = `cut in two at ${table.place(place)}`;
    explaining(trial, [place], () => verifyCut(trial, name, part, trial.read(from), from));
  }
  if (whole.length <= EVERY_CUT) {
    for (const cut of everyCut(whole)) verifyShrinking(trial, cutName(placesOf(cut)), placesOf(cut));
  } else {
    seededCuts(whole, options.cuts, options.seed).forEach((cut, i) => {
      verifyShrinking(trial, `seed ${options.seed}, cut ${i} at ${listPlaces(placesOf(cut))}`, placesOf(cut));
    });
  }
}

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

function verifyCut<T>(
  trial: DecoderTrial<T>,
  name: string,
  chunks: readonly Buffer[],
  reading: DecoderReading<T> = trial.read(),
  from = 0,
): void {
  const { table } = trial;
  let at = from;
  for (const chunk of chunks) {
    reading.push(chunk);
    at += chunk.length;
    const place = at;
    reading.expect(() => `${name}, after ${table.place(place)}`, trial.count(from, at), 'open');
  }
  reading.end();
  reading.expect(`${name}, at the end`, trial.count(from, at), 'complete');
  const changed = table.changed();
  if (changed !== undefined) throw new Error(`Cannot verify the decoder, ${name}: it has changed ${changed}`);
}

function verifyShrinking<T>(trial: DecoderTrial<T>, name: string, places: readonly number[]): void {
  explaining(trial, places, () => verifyCut(trial, name, cutAt(trial.table.whole, places)));
}

/** What fails is told again with the fewest places of the cut, and how to run just that. */
function explaining<T>(trial: DecoderTrial<T>, places: readonly number[], verify: () => void): void {
  try {
    verify();
  } catch (error) {
    const smallest = shrinkCut(places, (fewer) => failureOf(trial, fewer));
    if (smallest === undefined) throw error;
    // All at once was right before.
    if (smallest.places.length === 0)
      throw blamingState(error as Error, 'After that, the same bytes fail all at once.');
    const { failure } = smallest;
    throw new Error(`${failure.message}\nThe same again: { cut: [${smallest.places.join(', ')}] }`, {
      cause: failure.cause,
    });
  }
}

function failureOf<T>(trial: DecoderTrial<T>, places: readonly number[]): Error | undefined {
  try {
    verifyCut(trial, cutName(places), cutAt(trial.table.whole, places));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function cutName(places: readonly number[]): string {
  return places.length === 0 ? 'all at once' : `cut at ${listPlaces(places)}`;
}

function placesOf(cut: readonly Buffer[]): number[] {
  let at = 0;
  return cut.slice(0, -1).map(({ length }) => {
    at += length;
    return at;
  });
}

function listPlaces(places: readonly number[]): string {
  return `[${places.slice(0, NAMED).join(', ')}${places.length > NAMED ? ', …' : ''}]`;
}
