/** Who waits for which signal of the system. */
const waiting = { SIGINT: new Set<() => void>(), SIGTERM: new Set<() => void>() };
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Calls back at the next SIGINT and at the next SIGTERM, once for each.
 *
 * The process gets one listener for each of the two, however many wait: more than ten would make Node warn of a leak. The
 * listener goes with the first signal, so that a second Ctrl+C ends a program that does not come to its end.
 *
 * @returns Stops waiting.
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
