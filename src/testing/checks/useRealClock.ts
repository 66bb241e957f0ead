/**
 * The clock of RxJS goes by real timers while checks run, also when a test runner has replaced the global ones.
 *
 * Strategy. Fake timers replace global functions and `Date`. The functions of `node:timers` are taken when this module is loaded, and
 * the uptime of the process is never replaced. RxJS asks its providers first, as `TestScheduler.run` does, so nothing global changes.
 */
import { clearInterval, setInterval } from 'node:timers';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { intervalProvider } from 'rxjs/internal/scheduler/intervalProvider';

type Interval = NonNullable<(typeof intervalProvider)['delegate']>;
const REAL = { setInterval, clearInterval } as unknown as Interval;
const CLOCK = { now: () => process.uptime() * 1000 };

/** How many checks are running. */
let users = 0;

/**
 * Begins to use the real clock. In virtual time it does nothing.
 *
 * @returns Ends it.
 */
export function useRealClock(): () => void {
  if (intervalProvider.delegate !== undefined && intervalProvider.delegate !== REAL) return () => {};
  users++;
  intervalProvider.delegate = REAL;
  dateTimestampProvider.delegate = CLOCK;
  return () => {
    if (--users > 0) return;
    intervalProvider.delegate = undefined;
    dateTimestampProvider.delegate = undefined;
  };
}
