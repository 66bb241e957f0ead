import { readFileSync } from 'node:fs';

/** What a process has used, as Linux counts it. */
export interface Usage {
  /** Processor time in seconds. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly memory: number;
}

/** `sysconf(_SC_CLK_TCK)` of Linux. */
const TICKS = 100;

/** `undefined` where there is no /proc, and for a process that has ended. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory: Number(resident) * 1024 };
  } catch {
    return undefined;
  }
}

export type Usages = ReadonlyMap<string, Usage>;

/** What the kernel keeps for itself, sockets among it. The whole machine counts, so it says something on a quiet one alone. */
function kernelMemory(): number {
  try {
    const slab = /^SUnreclaim:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return Number(slab) * 1024;
  } catch {
    return 0;
  }
}

/** What some processes have used, the workers as one. */
export function usagesOf(processes: ReadonlyMap<string, number>): Usages {
  const all = new Map<string, Usage>();
  for (const [name, pid] of processes) {
    const usage = usageOf(pid);
    if (usage === undefined) continue;
    const key = /^w\d/.test(name) ? 'workers' : name;
    const before = all.get(key) ?? { cpu: 0, memory: 0 };
    all.set(key, { cpu: before.cpu + usage.cpu, memory: before.memory + usage.memory });
  }
  all.set('kernel', { cpu: 0, memory: kernelMemory() });
  return all;
}
