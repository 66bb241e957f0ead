import { type MarbleHelpers, MarbleScheduler } from './MarbleScheduler';

/**
 * Runs a test in virtual time with the `run` of a new {@link MarbleScheduler}. A frame is a millisecond.
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
 * @param test - The test. It gets RxJS's own helpers, and `connection` and `peer`.
 * @returns The result of the test.
 * @throws `AssertionError` of `node:assert` with both time lines, if an expectation fails.
 */
export function runMarbles<T>(test: (helpers: MarbleHelpers) => T): T {
  return new MarbleScheduler().run(test);
}
