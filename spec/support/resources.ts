import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The resources that keep the event loop alive, by kind: sockets, servers, timers. */
export function activeResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    // Those of the test runner come and go.
    if (/^(TCP|Pipe|TLS|Timeout|GetAddrInfo)/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/**
 * The kinds that increased. One more timer is not a leak: the test runner has one that comes and goes.
 *
 * @param before - An earlier result of {@link activeResources}.
 */
export function increasedKinds(before: Record<string, number>): string[] {
  return Object.entries(activeResources())
    .filter(([kind, count]) => count > (before[kind] ?? 0) + (kind === 'Timeout' ? 1 : 0))
    .map(([kind]) => kind);
}

let collect: (() => void) | undefined;

/** Collects garbage, also in a process that was started without `--expose-gc`. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** The bytes in use after a garbage collection: on the heap, and in buffers outside of it. */
export async function bytesInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
