import { setImmediate as turn } from 'node:timers/promises';

/** Waits turn by turn until something holds, for 10 seconds at most. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It took more than 10 s until ${what}`);
    await turn();
  }
}
