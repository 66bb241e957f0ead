import { defer, type MonoTypeOperatorFunction, Observable, repeat, retry, takeUntil } from 'rxjs';
import { assertTimeout } from './assertTimeout';
import { type BackoffOptions, backoff } from './backoff';
import { Connection } from './Connection';
import { DialAttempt } from './DialAttempt';
import { defaults } from './defaults';

/** Options of {@link reconnect}: how long to wait, and when to stop. */
export interface ReconnectOptions extends BackoffOptions {
  /**
   * From how many milliseconds on a connection was a success even if it received nothing. Default 5000. A shorter one
   * without a byte is a failure: a balancer that has nobody behind it accepts and hangs up.
   */
  readonly stableAfter?: number | undefined;
  /** Aborting it ends everything: the connection is hung up, nothing dials again, and the Observable completes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Dials again whenever what stands above it ends: after an error and after a good end.
 *
 * It waits as `backoff` says, longer from failure to failure. After a connection that succeeded the count starts again: one
 * that received a byte, or lived `stableAfter` milliseconds.
 *
 * Put it last, behind what reads: `connect(…)`, then `switchMap`, then `reconnect()`. A broken connection is an error of the
 * read inside of `switchMap` too, and an error passes only the operators below it. Directly behind `connect(…)` it gives
 * one connection after the other; then catch what fails inside, or the first reset ends the pipe.
 *
 * - Emits what its source emits.
 * - Completes when `signal`, or the `signal` that `connect` was given, is aborted; never by itself.
 * - Errors never: `tap({ error })` above it sees why it dials again. An error of your own code is one as well.
 *
 * Unsubscribing hangs up, or ends the wait.
 *
 * @example
 * ```ts
 * connect({ host: '127.0.0.1', port: 7 })
 *   .pipe(switchMap(({ reader }) => reader.pipe(lines())), reconnect({ max: 5000 }))
 *   .subscribe(console.log);
 * ```
 * @param options - Of `backoff`; `stableAfter` in milliseconds; `signal`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function reconnect<T = Connection>(options: ReconnectOptions = {}): MonoTypeOperatorFunction<T> {
  const { signal, stableAfter = defaults.stableAfter, ...waits } = options;
  assertTimeout('stableAfter', stableAfter);
  const delay = backoff(waits);
  return (source) =>
    defer(() => {
      let attempt: DialAttempt;
      let failures = 0;
      const dialing = defer(() => {
        attempt = new DialAttempt();
        return observed(source, attempt);
      });
      // A wait that completes without a value ends `retry` and `repeat` for good.
      const again = () => {
        failures = attempt.succeeded(stableAfter) ? 1 : failures + 1;
        return delay(failures).pipe(takeUntil(attempt.aborted$));
      };
      return dialing.pipe(retry({ delay: again }), repeat({ delay: again }), takeUntil(DialAttempt.abortOf(signal)));
    });
}

/** A source whose dialing is told to an attempt, and its values. */
function observed<T>(source: Observable<T>, attempt: DialAttempt): Observable<T> {
  return new Observable((subscriber) =>
    DialAttempt.within(attempt, () =>
      source.subscribe({
        next: (value) => {
          if (value instanceof Connection) attempt.connected(value);
          else attempt.valueEmitted();
          // What dials below is no part of this attempt, also where a value comes while we subscribe.
          DialAttempt.within(undefined, () => subscriber.next(value));
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    ),
  );
}
