import { setImmediate as nextTurn } from 'node:timers';
import { promiseHooks } from 'node:v8';
import { config } from 'rxjs';

// As it was when the kit was loaded: a run replaces it.
const immediate = nextTurn;

/** How to go on when what was woken may still reject: its promises count as handled until then, or no longer. */
export interface Ending {
  /** All of it has happened. */
  over(): void;
  /** It happens in this turn of the event loop, when the caller has returned. */
  overNextTurn(): void;
}

/** The hook that is still on in this turn. */
let lingering: (() => void) | undefined;

/**
 * Does something that makes errors of which a program need not know: everything is destroyed. Errors that nobody listens for are dropped, and
 * promises that reject count as handled.
 *
 * @param promises - False where there are none: then it costs nothing.
 */
export function whileEnding(work: () => void, promises = true): Ending {
  const { onUnhandledError } = config;
  config.onUnhandledError = () => {};
  const unhook = promises ? handleAll() : () => {};
  const restore = () => {
    config.onUnhandledError = onUnhandledError;
  };
  const over = () => {
    restore();
    unhook();
  };
  try {
    work();
  } catch (error) {
    over();
    throw error;
  }
  return {
    over,
    overNextTurn() {
      restore();
      if (lingering !== undefined) {
        unhook();
        return;
      }
      lingering = unhook;
      immediate(() => {
        lingering = undefined;
        unhook();
      });
    },
  };
}

/** Gives a handler to each promise that is settled from now on. */
function handleAll(): () => void {
  const handled = new WeakSet<Promise<unknown>>();
  const handle = (promise: Promise<unknown>) => {
    if (handled.has(promise)) return;
    // Not from inside of the engine, and before Node looks for promises without a handler. The promise of `then` is settled too.
    queueMicrotask(() => handled.add(promise.then(undefined, () => {})));
  };
  try {
    return promiseHooks.onSettled(handle) as () => void;
  } catch {
    return () => {};
  }
}
