import { type MarbleHelpers, MarbleScheduler } from './MarbleScheduler';

/**
 * Runs a test in virtual time with the `run` of a new {@link MarbleScheduler}. A frame is a millisecond.
 *
 * A function that returns a promise, as async functions do, takes part in it: the clock moves only when all promises that could go on have gone
 * on. The timers of RxJS and of Node, `AbortSignal.timeout` and `Date` go by this clock while the run is on; `performance.now()`, sockets and
 * files do not.
 *
 * @example
 * ```ts
 * import { setTimeout as sleep } from 'node:timers/promises';
 * import { lines } from 'rxjs-tcp';
 * import { runMarbles } from 'rxjs-tcp/testing';
 *
 * runMarbles(({ connection, expectObservable }) => {
 *   const { reader } = connection('a 10ms b|', { a: 'PI', b: 'NG\r\n' });
 *   expectObservable(reader.pipe(lines())).toBe('11ms a|', { a: 'PING' });
 * });
 *
 * await runMarbles(async ({ connection, expectObservable }) => {
 *   const { reader, writer, written$ } = connection('a', { a: 'PING\r\n' });
 *   expectObservable(written$).toBe('1m a', { a: 'PONG\r\n' });
 *   await reader.readLine();
 *   await sleep(60_000);
 *   writer.write('PONG\r\n');
 * });
 * console.log('passed'); // → passed
 * ```
 * @param test - Is given RxJS's own helpers, `scheduler`, `connection` and `peer`.
 * @returns What the test returns: a promise if that is one, which you await.
 * @throws `AssertionError` of `node:assert` for what was not as expected, with both time lines; `Error` if another run is on. A test with
 *   promises rejects with these, and with an `AssertionError` that says what waits if nothing more happens.
 */
export function runMarbles<T>(test: (helpers: MarbleHelpers) => T): T {
  return new MarbleScheduler().run(test);
}
