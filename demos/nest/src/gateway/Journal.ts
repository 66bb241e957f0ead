/** An alarm of a device. */
export interface AlarmEntry {
  readonly device: string;
  readonly sequence: number;
  readonly at: number;
  readonly value: number;
}

/** Where alarms are written. The alarm goes on with a device when its entry is written. */
export interface Journal {
  append(entry: AlarmEntry): Promise<void>;
}

/** Keeps the newest alarms in memory. */
export class MemoryJournal implements Journal {
  private readonly entries: AlarmEntry[] = [];

  /** @param kept - How many. */
  constructor(private readonly kept = 1000) {}

  async append(entry: AlarmEntry): Promise<void> {
    this.entries.push(entry);
    if (this.entries.length > this.kept) this.entries.shift();
  }

  newest(): readonly AlarmEntry[] {
    return this.entries;
  }
}
