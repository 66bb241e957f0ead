// The real ones, whatever clock a spec installs.
const { setImmediate, setTimeout, clearTimeout } = globalThis;

/** Milliseconds after which a promise that has not settled is taken for one that never does. */
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
