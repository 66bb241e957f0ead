/**
 * The clocks of RxJS after `TestScheduler.run` has returned: for a test function that goes on in promises.
 *
 * `run` makes them virtual and real again, both in one call. What it sets is kept here, and set for as long as the run takes. This file alone
 * knows the providers of RxJS 7, which are inside of it.
 */
import { animationFrameProvider } from 'rxjs/internal/scheduler/animationFrameProvider';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { immediateProvider } from 'rxjs/internal/scheduler/immediateProvider';
import { intervalProvider } from 'rxjs/internal/scheduler/intervalProvider';
import { performanceTimestampProvider } from 'rxjs/internal/scheduler/performanceTimestampProvider';
import { timeoutProvider } from 'rxjs/internal/scheduler/timeoutProvider';
import { TestScheduler } from 'rxjs/testing';

const PROVIDERS: readonly { delegate: unknown }[] = [
  animationFrameProvider,
  dateTimestampProvider,
  immediateProvider,
  intervalProvider,
  performanceTimestampProvider,
  timeoutProvider,
];

/**
 * Call it inside of `run`.
 *
 * @returns Makes RxJS's clocks virtual again, once `run` has returned; what that returns makes them real.
 */
export function keepClocks(scheduler: TestScheduler): () => () => void {
  const kept = PROVIDERS.map(({ delegate }) => delegate);
  return () => {
    const { maxFrames } = scheduler;
    const { frameTimeFactor } = TestScheduler;
    const set = (delegates: readonly unknown[], run: boolean) => {
      for (const [i, provider] of PROVIDERS.entries()) provider.delegate = delegates[i];
      TestScheduler.frameTimeFactor = run ? 1 : frameTimeFactor;
      scheduler.maxFrames = run ? Number.POSITIVE_INFINITY : maxFrames;
      (scheduler as unknown as { runMode: boolean }).runMode = run;
    };
    set(kept, true);
    return () => set([], false);
  };
}
