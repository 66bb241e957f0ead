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
/** How many of those that are on their way. */
const COMING = 5;

/**
 * The faults of a connection, in order. As text it also has those that are on their way.
 *
 * Directions, positions, kinds and details depend only on the seed. The times are those of the run.
 */
export class FaultLog {
  private readonly faults: Fault[] = [];
  private forgotten = 0;

  /** What has not come through yet, by direction. */
  private readonly coming: (() => readonly PlannedFault[])[] = [];

  /**
   * @internal
   * @param number - Which connection of its network it is, from 1.
   */
  constructor(
    readonly seed: number,
    private readonly number = 1,
  ) {}

  /** @internal What one direction has on its way. */
  watch(direction: FaultDirection, faults: () => readonly Omit<PlannedFault, 'direction'>[]): void {
    this.coming.push(() => faults().map((fault) => ({ ...fault, direction })));
  }

  /** @internal The names of the faults that happened or are on their way, as the `only` of a plan has them. */
  get names(): string[] {
    return [...this.entries, ...this.onTheirWay].map((fault) => FaultLog.nameOf(fault, this.number));
  }

  /** @internal */
  static nameOf(
    { direction, position, fault }: Pick<Fault, 'direction' | 'position' | 'fault'>,
    number: number,
  ): string {
    return `${number > 1 ? `${number}: ` : ''}${direction} byte ${position} ${fault}`;
  }

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

  /** The last faults of each direction, by position, and the first of those that are on their way. */
  toString(): string {
    const { entries, forgotten, seed, onTheirWay } = this;
    const lines = (['a->b', 'b->a'] as const).flatMap((direction) => {
      const all = entries.filter((fault) => fault.direction === direction);
      const shown = all.slice(-SHOWN);
      const left = all.length - shown.length;
      const coming = onTheirWay.filter((fault) => fault.direction === direction);
      const late = coming.length - COMING;
      return [
        ...(left > 0 ? [`  ${direction}  … ${left} before`] : []),
        ...shown.map((fault) => line(fault, `at ${fault.time} ms`)),
        ...coming.slice(0, COMING).map((fault) => line(fault, 'on its way')),
        ...(late > 0 ? [`  ${direction}  … ${late} more on their way`] : []),
      ];
    });
    return [`faults(${seed}): ${entries.length + forgotten} faults`, ...lines].join('\n');
  }

  private get onTheirWay(): readonly PlannedFault[] {
    return this.coming.flatMap((faults) => faults());
  }
}

/** A fault that has not happened yet. */
export type PlannedFault = Omit<Fault, 'time'>;

function line({ direction, position, fault, detail }: PlannedFault, when: string): string {
  return `  ${direction}  byte ${String(position).padEnd(8)} ${fault.padEnd(10)} ${detail.padEnd(18)} ${when}`;
}
