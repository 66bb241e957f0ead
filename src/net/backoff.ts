import { type Observable, timer } from 'rxjs';
import { assertTimeout } from '../checks';

/** How long to wait before trying again. Times are milliseconds. */
export interface BackoffOptions {
  /** Before the first retry. Default 100. */
  readonly initial?: number | undefined;
  /** The longest. Default 30,000. */
  readonly max?: number | undefined;
  /** How many times longer each wait is than the one before. Default 2. */
  readonly factor?: number | undefined;
  /** Which part of each wait is left to chance, from 0 to 1, so that many clients do not come back at once. Default 0.5. */
  readonly jitter?: number | undefined;
  /** A number from 0 to 1, below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * Waits longer from retry to retry: the `delay` of RxJS's `retry` and `repeat`.
 *
 * The wait is `initial × factor ^ (retry - 1)`, at most `max`; of it the part `jitter` is shortened at random. The timer is
 * RxJS's, so virtual time drives it. To dial again use `reconnect`, which waits like this and knows when a connection
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
 * @returns A function of the error and the count of retries, as `retry` calls it; or of the count alone, as `repeat` does.
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
