/** The callbacks that wait for each signal. */
const waiting = { SIGINT: new Set<() => void>(), SIGTERM: new Set<() => void>() };
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Calls `stop` at the next SIGINT and at the next SIGTERM.
 *
 * All callbacks share one listener of the process for each signal: Node warns of a leak from the eleventh listener on. The
 * signal removes the listener, so a second Ctrl+C ends a program that hangs while it stops.
 *
 * @returns Removes `stop`.
 */
export function onTermination(stop: () => void): () => void {
  for (const signal of SIGNALS) {
    if (waiting[signal].size === 0) process.on(signal, terminate);
    waiting[signal].add(stop);
  }
  return () => {
    for (const signal of SIGNALS) {
      if (waiting[signal].delete(stop) && waiting[signal].size === 0) process.off(signal, terminate);
    }
  };
}

function terminate(signal: NodeJS.Signals): void {
  const stops = waiting[signal as (typeof SIGNALS)[number]];
  const called = [...stops];
  stops.clear();
  process.off(signal, terminate);
  for (const stop of called) stop();
}
