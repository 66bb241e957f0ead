import type { ObservableInput, ObservedValueOf, OperatorFunction } from 'rxjs';
import type { PauseOptions } from '../flow/toLoops';
import { mergeMapPausing } from './mergeMapPausing';

/**
 * As RxJS's `concatMap`, but it holds the reader of the values while an inner Observable runs. It is `mergeMapPausing` with one
 * inner Observable at a time, so the order is kept.
 *
 * ```marbles
 * arrives  'a\nb\n'--------------'c\n'---------|
 *          const ask = (line) => sleep(6).then(() => `${line}!`);
 *          reader.pipe(lines(), concatMapPausing(ask))
 * emits    ------'a!'--'b!'------------'c!'----|
 * held     ============----------======---------
 * ```
 *
 * @example
 * ```ts
 * import { concatMapPausing, lines, StreamReader } from 'rxjs-tcp';
 *
 * const measure = async (name: string) => `${name}: ${name.length}`;
 * StreamReader.from([Buffer.from('ada\ngrace\n')])
 *   .pipe(lines(), concatMapPausing(measure))
 *   .subscribe((found) => console.log(found));
 * // → ada: 3
 * // → grace: 5
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
