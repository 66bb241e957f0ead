import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The core of each side of a connection. Absent if processes can't be pinned: no Linux, no `taskset`, or one core. */
export interface Cores {
  readonly driver: number;
  readonly contender: number;
}

/** Two cores of this machine, if possible of two processors. */
export function cores(): Cores | undefined {
  try {
    if (spawnSync('taskset', ['-V']).status !== 0) return undefined;
    const status = readFileSync('/proc/self/status', 'utf8');
    const allowed = rangesOf(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
    const [driver] = allowed;
    if (driver === undefined) return undefined;
    const siblings = siblingsOf(driver);
    const contender = allowed.findLast((core) => !siblings.includes(core)) ?? allowed[1];
    return contender === undefined || contender === driver ? undefined : { driver, contender };
  } catch {
    return undefined;
  }
}

function siblingsOf(core: number): number[] {
  try {
    return rangesOf(readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8'));
  } catch {
    return [core];
  }
}

/** `0-2,5` is 0, 1, 2 and 5. */
export function rangesOf(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
