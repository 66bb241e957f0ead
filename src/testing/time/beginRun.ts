import type { SchedulerLike } from 'rxjs';
import { Site } from '../Site';
import { virtualTimers } from './virtualTimers';

/** The run that is on, and where it was begun. */
let running: Site | undefined;

/**
 * A run begins: no other is on, and the timers of Node go by its scheduler.
 *
 * @returns Ends it.
 * @throws `Error` if another run is on: time is there only once.
 */
export function beginRun(scheduler: SchedulerLike): () => void {
  if (running !== undefined) {
    throw new Error(
      `Cannot run in virtual time: another run is on, begun ${running.place ?? 'by simulate'}; runs do not nest, and one with promises is awaited`,
    );
  }
  const mine = new Site();
  running = mine;
  const restore = virtualTimers(scheduler);
  return () => {
    if (running !== mine) return;
    running = undefined;
    restore();
  };
}
