import { blamingState } from './blamingState';
import { cutAt } from './cutAt';
import { cutName } from './cutName';
import type { DecoderTrial } from './DecoderTrial';
import { shrinkCut } from './shrinkCut';
import { verifyCut } from './verifyCut';

/** Verifies a cut. If it fails, the error has the fewest places that fail, and how to run just that. */
export function verifyShrinking<T>(
  trial: DecoderTrial<T>,
  name: string,
  places: readonly number[],
  verify = () => verifyCut(trial, name, cutAt(trial.table.whole, places)),
): void {
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
