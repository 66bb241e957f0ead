import { VirtualTimeScheduler } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { eventLoop } from '../../eventLoop';
import { osRequests } from './osRequests';
import { whenQuiet } from './whenQuiet';

/** How many real milliseconds something that is not listed anywhere, as work in a thread, may still take when nothing else happens. */
const GRACE = 100;

/** What decides how far the time goes. */
export interface Play {
  /** Asked whenever all is quiet: true if the time is to stop here. */
  readonly over: () => boolean;
  /** The last frame. */
  readonly until: number;
  /** How many requests to the operating system were under way when the run began: it does not wait for those. */
  readonly requests: number;
}

/**
 * Lets virtual time go on with promises: it moves to the next task only when all promises that could go on have gone on.
 *
 * @returns Resolves when it is over, with how: `'over'`; `'late'` if the next task comes after the last frame; `'stuck'` if there is
 *   none. Rejects with what a task throws.
 */
export async function playTime(
  scheduler: TestScheduler,
  { over, until, requests }: Play,
): Promise<'over' | 'late' | 'stuck'> {
  let end: 'over' | 'late' | 'stuck' = 'over';
  let stuckSince: number | undefined;
  await whenQuiet(() => {
    const { hotObservables, actions, frame } = scheduler;
    while (hotObservables.length > 0) hotObservables.shift()?.setup();
    let next = actions[0]?.delay;
    if (next === undefined || next > frame) {
      if (eventLoop.busy) return 'turn';
      if (over()) return 'over';
      if (osRequests() > requests) return 'wait';
      if (next !== undefined && next > until) {
        end = 'late';
        return 'over';
      }
      next = actions[0]?.delay;
      if (next === undefined) {
        stuckSince ??= performance.now();
        if (performance.now() - stuckSince < GRACE) return 'wait';
        end = 'stuck';
        return 'over';
      }
    }
    stuckSince = undefined;
    scheduler.maxFrames = next;
    // Not its own: that compares what is expected, which is not over.
    VirtualTimeScheduler.prototype.flush.call(scheduler);
    return 'again';
  });
  return end;
}
