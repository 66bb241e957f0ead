import { type MarbleHelpers, MarbleScheduler } from './MarbleScheduler';

/**
 * Runs a test in virtual time, in which a frame is a millisecond: a new {@link MarbleScheduler}'s `run`.
 *
 * @example
 * ```ts
 * import { lines } from 'rxjs-tcp';
 * import { runMarbles } from 'rxjs-tcp/testing';
 *
 * runMarbles(({ connection, expectObservable }) => {
 *   const { reader } = connection('a 10ms b|', { a: 'PI', b: 'NG\r\n' });
 *   expectObservable(reader.pipe(lines())).toBe('11ms a|', { a: 'PING' });
 * });
 * console.log('passed'); // → passed
 * ```
 * @param test - Is given RxJS's own helpers, and `connection`.
 * @returns What the test returns.
 * @throws `AssertionError` of `node:assert` for what was not as expected, with both time lines.
 */
export function runMarbles<T>(test: (helpers: MarbleHelpers) => T): T {
  return new MarbleScheduler().run(test);
}
