import { performance } from 'node:perf_hooks';

// The real ones, whatever clock a spec installs.
const { setImmediate } = globalThis;

/**
 * Lets the event loop turn until something is true that no event tells of.
 *
 * @param what - What is waited for, for the message of the error that ends it after five seconds.
 */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Cannot wait longer until ${what}`);
    await turns(1);
  }
}

/** Works for so many milliseconds, and lets nobody else. */
export function busy(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

/** Lets the event loop turn so many times: what could happen without anybody's help has happened then. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
