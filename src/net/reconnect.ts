import { defer, type MonoTypeOperatorFunction, Observable, repeat, retry, takeUntil } from 'rxjs';
import { assertTimeout } from '../argumentChecks';
import { Connection } from '../connection/Connection';
import { defaults } from '../defaults';
import { type BackoffOptions, backoff } from './backoff';
import { DialAttempt } from './DialAttempt';

/** Options of {@link reconnect}: how long to wait, and when to stop. */
export interface ReconnectOptions extends BackoffOptions {
  /**
   * A connection that lived this many milliseconds is a success even if it received nothing. Default 5000. A shorter one that
   * received no byte is a failure: a load balancer without a backend accepts and closes.
   */
  readonly stableAfter?: number | undefined;
  /** Aborting it closes the connection; nothing dials again, and the Observable completes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Dials again whenever its source ends, with an error or in good order.
 *
 * It waits like `backoff`, longer from failure to failure. The count starts again after a successful connection: one that
 * received a byte, or lived `stableAfter` milliseconds.
 *
 * Put it last, behind the reading: `connect(…)`, then `switchMap`, then `reconnect()`. When a connection breaks, the read inside
 * `switchMap` fails, and only operators below `switchMap` see that error. Directly behind `connect(…)` it emits one
 * connection after the other; then catch errors inside `switchMap`, or the first reset ends the pipe.
 *
 * - Emits the values of its source.
 * - Completes when `signal`, or the `signal` in the options of `connect`, is aborted; never otherwise.
 * - Never errors: put `tap({ error })` above it to see why it dials again. It also dials again after an error of your own code.
 *
 * Unsubscribing closes the connection, or ends the wait.
 *
 * @example
 * ```ts
 * import { switchMap, take } from 'rxjs';
 * import { connect, lines, reconnect, startServer } from 'rxjs-tcp';
 *
 * let visits = 0;
 * const server = await startServer(async ({ writer }) => void writer.write(`visit ${++visits}\n`), {
 *   host: '127.0.0.1',
 *   port: 0,
 * });
 * connect({ host: '127.0.0.1', port: server.port })
 *   .pipe(
 *     switchMap(({ reader }) => reader.pipe(lines())),
 *     reconnect({ initial: 10, max: 5000 }),
 *     take(2),
 *   )
 *   .subscribe({ next: (line) => console.log(line), complete: () => server.close() });
 * // → visit 1
 * // → visit 2
 * ```
 * @param options - The options of `backoff`; `stableAfter` in milliseconds; `signal`.
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
      // `retry` and `repeat` complete when this wait completes without a value.
      const again = () => {
        failures = attempt.succeeded(stableAfter) ? 1 : failures + 1;
        return delay(failures).pipe(takeUntil(attempt.aborted$));
      };
      return dialing.pipe(retry({ delay: again }), repeat({ delay: again }), takeUntil(DialAttempt.abortOf(signal)));
    });
}

/** The source. It reports its dialing and its values to an attempt. */
function observed<T>(source: Observable<T>, attempt: DialAttempt): Observable<T> {
  return new Observable((subscriber) =>
    DialAttempt.within(attempt, () =>
      source.subscribe({
        next: (value) => {
          if (value instanceof Connection) attempt.connected(value);
          else attempt.valueEmitted();
          // A value may come inside `subscribe`. If code below dials then, that is not part of this attempt.
          DialAttempt.within(undefined, () => subscriber.next(value));
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    ),
  );
}
