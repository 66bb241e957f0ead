import { asyncScheduler } from 'rxjs';

const DAY = 86_400_000;

/**
 * A clock of microseconds that begins at 0 and never goes back.
 *
 * In virtual time RxJS's clock is far away from the clock of the process, and this one follows it.
 */
export function wireClock(): () => number {
  const isReal = Math.abs(asyncScheduler.now() - (performance.timeOrigin + performance.now())) < DAY;
  const now = isReal ? () => performance.now() : () => asyncScheduler.now();
  const start = now();
  let last = 0;
  return () => {
    last = Math.max(last, Math.round((now() - start) * 1000));
    return last;
  };
}
