import type { ObservableInput, ObservedValueOf, OperatorFunction } from 'rxjs';
import type { PauseOptions } from '../flow/PauseOptions';
import { mergeMapPausing } from './mergeMapPausing';

/**
 * As RxJS's `concatMap`, but it holds the reader of the values while an inner Observable runs. It is `mergeMapPausing` with one
 * inner Observable at a time, so the order is kept.
 *
 * @example
 * ```ts
 * reader.pipe(lines(), concatMapPausing(async (line) => handle(line))).subscribe();
 * ```
 * @param project - Returns an Observable, a promise or an iterable for each value.
 * @param options - `source`.
 * @throws `TypeError` for invalid options.
 */
export function concatMapPausing<T, O extends ObservableInput<unknown>>(
  project: (value: T, index: number) => O,
  options?: PauseOptions,
): OperatorFunction<T, ObservedValueOf<O>> {
  return mergeMapPausing(project, 1, options);
}
