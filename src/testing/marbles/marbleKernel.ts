import type { Observable, Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { assertTimeout } from '../../argumentChecks';
import { assertTimes } from '../assertTimes';
import { showInLine } from '../showInLine';
import type { Kernel } from './MarbleTransport';
import { scheduleWithin } from './scheduleWithin';

/**
 * A marble of pressure. `'x'` takes one batch in its frame: the waiting one or the next one. `'o'` opens: from then on everything
 * is taken at once. `'c'` closes again.
 */
export type PressureMarble = 'x' | 'o' | 'c';

/**
 * When the kernel takes written bytes: after a number of frames; after a number that depends on the bytes of the batch; or by
 * marbles, closed at first, as a diagram of {@link PressureMarble}s or an Observable of them.
 */
export type MarblePressure = number | ((bytes: number) => number) | string | Observable<PressureMarble>;

const MARBLES: ReadonlySet<unknown> = new Set<PressureMarble>(['x', 'o', 'c']);

/**
 * A kernel in virtual time.
 *
 * @param end - The kernel takes nothing after this has ended.
 * @throws `TypeError` or `RangeError` for an invalid pressure and for unknown marbles. For a function or an Observable, it throws
 *   when they come, in virtual time.
 */
export function marbleKernel(scheduler: TestScheduler, pressure: MarblePressure, end: Subscription): Kernel {
  const after = (frames: number, taken: () => void) => scheduleWithin(end, scheduler, taken, frames);
  if (typeof pressure === 'number') {
    assertTimeout('pressure', pressure);
    return { take: (_, taken) => after(pressure, taken) };
  }
  if (typeof pressure === 'function') {
    return {
      take: (bytes, taken) => {
        const frames = pressure(bytes);
        assertTimeout('pressure', frames);
        after(frames, taken);
      },
    };
  }

  const marbles$ = typeof pressure === 'string' ? parsed(scheduler, pressure) : pressure;
  if (typeof marbles$?.subscribe !== 'function') {
    throw new TypeError(`Cannot use a value of type ${typeof pressure} as pressure: it must be frames or marbles`);
  }
  let open = false;
  let waiting: (() => void) | undefined;
  // The frame whose `x` is still to be used.
  let allowed = -1;
  const takeWaiting = () => {
    const taken = waiting;
    waiting = undefined;
    if (taken !== undefined) after(0, taken);
    return taken !== undefined;
  };
  end.add(
    marbles$.subscribe((marble) => {
      if (!MARBLES.has(marble)) {
        throw new TypeError(`Cannot use marble ${showInLine(marble)} as pressure: it must be 'x', 'o' or 'c'`);
      }
      open = marble === 'x' ? open : marble === 'o';
      if (marble !== 'c' && !takeWaiting() && marble === 'x') allowed = scheduler.frame;
    }),
  );
  return {
    take(_, taken) {
      waiting = taken;
      if (!open && allowed !== scheduler.frame) return;
      allowed = -1;
      takeWaiting();
    },
  };
}

function parsed(scheduler: TestScheduler, marbles: string): Observable<PressureMarble> {
  assertTimes(marbles);
  const [stranger] = marbles.replaceAll(/(^| )[\d.]+(ms|s|m) /g, '').match(/[^-() xoc]/) ?? [];
  if (stranger !== undefined) {
    throw new TypeError(`Cannot use marble '${stranger}' of '${marbles}' as pressure: it must be 'x', 'o' or 'c'`);
  }
  return scheduler.createColdObservable<PressureMarble>(marbles, { x: 'x', o: 'o', c: 'c' });
}
