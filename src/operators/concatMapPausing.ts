import type { ObservableInput, ObservedValueOf, OperatorFunction } from 'rxjs';
import type { PauseOptions } from '../flow/toLoops';
import { mergeMapPausing } from './mergeMapPausing';

/**
 * As RxJS's `concatMap`, but the source waits with us: while an inner Observable runs, the reader that the values come
 * from is held. It is `mergeMapPausing` with one at a time, so that order is kept.
 *
 * @example
 * ```ts
 * reader.pipe(lines(), concatMapPausing(async (line) => handle(line))).subscribe();
 * ```
 * @param project - Makes an Observable, a promise or an iterable of each value.
 * @param options - `source`.
 * @throws `TypeError` for invalid options.
 */
export function concatMapPausing<T, O extends ObservableInput<unknown>>(
  project: (value: T, index: number) => O,
  options?: PauseOptions,
): OperatorFunction<T, ObservedValueOf<O>> {
  return mergeMapPausing(project, 1, options);
}
