/** What a member saw that it should not have seen, or did not see. */
export interface Faults {
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** A line that has two numbers. */
  storedTwice: number;
  /** A member whose address the worker does not know right. */
  wrongAddress: number;
  /** Failures of connections that the workers reported; those of probes are counted apart. */
  failures: number;
}

/** One second of the storm. */
export interface Second {
  connected: number;
  said: number;
  acked: number;
  heard: number;
  /** Milliseconds from `say` to a member that hears it, of some of them. */
  readonly delays: number[];
  readonly events: string[];
}

interface Told {
  readonly room: string;
  readonly at: number;
  seq?: number;
}

/** How many of the heard lines are timed: one in so many. */
const TIMED = 7;

/** Counts what was said, acknowledged and heard. */
export class Tally {
  readonly faults: Faults = { lost: 0, doubled: 0, outOfOrder: 0, storedTwice: 0, wrongAddress: 0, failures: 0 };
  readonly seconds: Second[] = [newSecond()];
  readonly totals = { said: 0, acked: 0, heard: 0, joins: 0, resent: 0, unsaid: 0, probes: 0 };
  /** How many joins each worker served. */
  readonly served = new Map<string, number>();
  readonly notes: string[] = [];
  private readonly told = new Map<string, Told>();
  /** The acknowledged numbers of each room. */
  private readonly numbers = new Map<string, Set<number>>();

  get now(): Second {
    return this.seconds[this.seconds.length - 1]!;
  }

  get unacknowledged(): number {
    return this.totals.said - this.totals.acked;
  }

  said(room: string, id: string): void {
    this.told.set(id, { room, at: performance.now() });
    this.totals.said++;
    this.now.said++;
  }

  acknowledged(id: string, seq: number): void {
    const told = this.told.get(id)!;
    if (told.seq !== undefined) {
      // The line was sent again, and its first ack has come after all.
      if (told.seq !== seq) this.fault('storedTwice', `${id} has the numbers ${told.seq} and ${seq}`);
      return;
    }
    told.seq = seq;
    this.numbersOf(told.room).add(seq);
    this.totals.acked++;
    this.now.acked++;
  }

  /** @param last - The last number that the member had heard. */
  heard(member: string, id: string, seq: number, numbers: readonly number[], last: number): void {
    if (seq <= last) {
      const kind = numbers.includes(seq) ? 'doubled' : 'outOfOrder';
      this.fault(kind, `${member} heard ${seq} behind ${last}`);
      return;
    }
    this.now.heard++;
    if (++this.totals.heard % TIMED !== 0) return;
    const told = this.told.get(id);
    if (told !== undefined) this.now.delays.push(performance.now() - told.at);
  }

  joined(worker: string, right: boolean, what: string): void {
    this.totals.joins++;
    this.served.set(worker, (this.served.get(worker) ?? 0) + 1);
    if (!right) this.fault('wrongAddress', what);
  }

  fault(kind: keyof Faults, note: string): void {
    this.faults[kind]++;
    if (this.notes.length < 20) this.notes.push(`${kind}: ${note}`);
  }

  nextSecond(connected: number): void {
    this.now.connected = connected;
    this.seconds.push(newSecond());
  }

  /** How many lines of a room are acknowledged. */
  countOf(room: string): number {
    return this.numbersOf(room).size;
  }

  /** Compares what a member has heard with what was acknowledged, at the end. */
  compare(member: string, room: string, heard: readonly number[]): void {
    const known = new Set(heard);
    let lost = 0;
    for (const seq of this.numbersOf(room)) if (!known.has(seq)) lost++;
    if (lost === 0) return;
    this.faults.lost += lost - 1;
    this.fault('lost', `${member} misses ${lost} lines of ${room}`);
  }

  private numbersOf(room: string): Set<number> {
    let numbers = this.numbers.get(room);
    if (numbers === undefined) {
      numbers = new Set();
      this.numbers.set(room, numbers);
    }
    return numbers;
  }
}

function newSecond(): Second {
  return { connected: 0, said: 0, acked: 0, heard: 0, delays: [], events: [] };
}

/** A quantile of some numbers, 0 to 1; 0 if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
