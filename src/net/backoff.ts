import { type Observable, timer } from 'rxjs';
import { assertTimeout } from '../argumentChecks';

/** How long to wait before the next try. Times are milliseconds. */
export interface BackoffOptions {
  /** The wait before the first retry. Default 100. */
  readonly initial?: number | undefined;
  /** The longest wait. Default 30,000. */
  readonly max?: number | undefined;
  /** Each wait is this many times longer than the one before. Default 2. */
  readonly factor?: number | undefined;
  /** The random part of each wait, from 0 to 1, so that many clients do not come back at once. Default 0.5. */
  readonly jitter?: number | undefined;
  /** Returns a number from 0 to below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * Waits longer from retry to retry: a `delay` for RxJS's `retry` and `repeat`.
 *
 * The wait is `initial × factor ^ (retry - 1)`, at most `max`. It is shortened at random, by up to `jitter` of its length. The
 * timer is RxJS's, so virtual time drives it. To dial again use `reconnect`: it waits like this, and knows when a connection
 * has succeeded.
 *
 * @example
 * ```ts
 * import { defer, retry } from 'rxjs';
 * import { backoff } from 'rxjs-tcp';
 *
 * let calls = 0;
 * const settings = defer(async () => {
 *   if (++calls < 3) throw new Error('not yet');
 *   return `settings after ${calls} calls`;
 * });
 * settings.pipe(retry({ count: 5, delay: backoff({ initial: 10 }) })).subscribe((found) => console.log(found));
 * // → settings after 3 calls
 * ```
 * @param options - `initial`, `max`, `factor`, `jitter`.
 * @returns A function. `retry` calls it with the error and the count of retries, `repeat` with the count alone.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function backoff(options: BackoffOptions = {}): (errorOrCount: unknown, retryCount?: number) => Observable<0> {
  const { initial = 100, max = 30_000, factor = 2, jitter = 0.5, random = Math.random } = options;
  assertTimeout('initial', initial);
  assertTimeout('max', max);
  if (!(factor >= 1)) throw new RangeError(`Cannot use ${factor} as factor: it must be at least 1`);
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`Cannot use ${jitter} as jitter: it must be from 0 to 1`);
  return (errorOrCount, retryCount) => {
    const count = retryCount ?? (errorOrCount as number);
    const wait = Math.min(max, initial * factor ** (count - 1));
    return timer(wait * (1 - jitter * random()));
  };
}
