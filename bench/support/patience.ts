// The real functions, even if a spec installs another clock.
const { setImmediate, setTimeout, clearTimeout } = globalThis;

/** A promise that has not settled after this many milliseconds counts as one that never settles. */
export const PATIENCE = 20_000;

/** One turn of the event loop. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether a promise settles before the patience is over. */
export async function settles(promise: PromiseLike<unknown>, patience = PATIENCE): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patience, false);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
