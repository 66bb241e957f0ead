/** A kind of fault. */
export type FaultKind = 'split' | 'coalesce' | 'jitter' | 'stall' | 'corrupt' | 'truncate' | 'half-close' | 'reset';

/** The direction of bytes: `a` and `b` are those of `between(a, b)`. */
export type FaultDirection = 'a->b' | 'b->a';

/** One fault of a connection. */
export interface Fault {
  /** Milliseconds since the beginning, on the clock of the run. */
  readonly time: number;
  readonly direction: FaultDirection;
  /** How many bytes of that direction came before it. */
  readonly position: number;
  readonly fault: FaultKind;
  /** The rest of the sentence: `12 ms`, `from 0x41 to 0x40`. */
  readonly detail: string;
}

/** The most entries of a log. When it is full, it drops the older half. */
const MOST = 20_000;
/** How many faults of each direction a message shows. */
const SHOWN = 20;

/**
 * The faults of a connection, in order.
 *
 * Directions, positions, kinds and details depend only on the seed. The times are those of the run.
 */
export class FaultLog {
  private readonly faults: Fault[] = [];
  private forgotten = 0;

  /** @internal */
  constructor(readonly seed: number) {}

  /** @internal */
  add(fault: Fault): void {
    if (this.faults.length >= MOST) this.forgotten += this.faults.splice(0, MOST / 2).length;
    this.faults.push(fault);
  }

  /** All entries. A very long log has lost its first ones. */
  get entries(): readonly Fault[] {
    return this.faults;
  }

  /** The parts that depend only on the seed, one line for each fault: the same for every run that got as far. */
  decisions(direction: FaultDirection): string[] {
    return this.entries
      .filter((fault) => fault.direction === direction)
      .map(({ position, fault, detail }) => `byte ${position}: ${fault} ${detail}`.trim());
  }

  /** The last faults of each direction, by position. */
  toString(): string {
    const { entries, forgotten, seed } = this;
    const lines = (['a->b', 'b->a'] as const).flatMap((direction) => {
      const all = entries.filter((fault) => fault.direction === direction);
      const shown = all.slice(-SHOWN);
      const left = all.length - shown.length;
      return [...(left > 0 ? [`  ${direction}  … ${left} before`] : []), ...shown.map(line)];
    });
    return [`faults(${seed}): ${entries.length + forgotten} faults`, ...lines].join('\n');
  }
}

function line({ time, direction, position, fault, detail }: Fault): string {
  return `  ${direction}  byte ${String(position).padEnd(8)} ${fault.padEnd(10)} ${detail.padEnd(18)} at ${time} ms`;
}
