import { promiseHooks } from 'node:v8';
import { config } from 'rxjs';

/**
 * Does something that makes errors of which a program need not know: everything is destroyed. Errors that nobody listens for are dropped, and
 * promises that reject count as handled.
 *
 * @returns Call it when all that has happened.
 */
export function whileEnding(work: () => void): () => void {
  const { onUnhandledError } = config;
  config.onUnhandledError = () => {};
  const unhook = handleAll();
  const over = () => {
    config.onUnhandledError = onUnhandledError;
    unhook();
  };
  try {
    work();
  } catch (error) {
    over();
    throw error;
  }
  return over;
}

/** Gives a handler to each promise that is settled from now on. */
function handleAll(): () => void {
  const handled = new WeakSet<Promise<unknown>>();
  const handle = (promise: Promise<unknown>) => {
    if (handled.has(promise)) return;
    // Not from inside of the engine, and before Node looks who has no handler. What it makes is settled too.
    queueMicrotask(() => handled.add(promise.then(undefined, () => {})));
  };
  try {
    return promiseHooks.onSettled(handle) as () => void;
  } catch {
    return () => {};
  }
}
