import { cutAt } from './cutAt';
import { cutName } from './cutName';
import type { DecoderTrial } from './DecoderTrial';
import { verifyCut } from './verifyCut';

/** One given cut, of a reader's bytes and of an Observable's. */
export function verifyGivenCut<T>(trial: DecoderTrial<T>, places: readonly number[]): void {
  verifyCut(trial, cutName(places), cutAt(trial.table.whole, places));
  verifyCut(trial, `${cutName(places)}, from an Observable`, cutAt(trial.table.whole, places), trial.readObservable());
}
