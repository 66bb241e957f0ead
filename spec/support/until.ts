import { performance } from 'node:perf_hooks';

// The real timers, whatever clock a spec installs.
const { setImmediate } = globalThis;

/**
 * Lets the event loop turn until a condition is true that has no event.
 *
 * @param what - The condition in words, for the error that ends the wait after five seconds.
 */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Cannot wait longer until ${what}`);
    await turns(1);
  }
}

/** Blocks the event loop for that many milliseconds. */
export function busy(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

/** Lets the event loop turn that many times: everything that needs no further event has then happened. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
