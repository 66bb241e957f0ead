import type { WireEvent } from '../WireEvent';
import type { BoundedOutput } from './BoundedOutput';

/** What was refused of one connection. */
interface Missing {
  readonly seq: number;
  time: number;
  bytes: number;
}

/** Writes events as they come. Events that the output refuses are a gap, as in a ring: kept and dropped are all. */
export class EventWriter {
  private readonly missing = new Map<number, Missing>();

  /** @param format - The text or the bytes of an event. */
  constructor(
    private readonly output: BoundedOutput,
    private readonly format: (event: WireEvent) => string | Uint8Array,
  ) {}

  write(event: WireEvent): void {
    const { connection, seq, time, kind, bytes = 0 } = event;
    if (this.output.hasRoom) {
      this.tellMissing(connection);
      this.output.write(this.format(event));
      return;
    }
    let missing = this.missing.get(connection);
    if (missing === undefined) {
      missing = { seq, time, bytes: 0 };
      this.missing.set(connection, missing);
    }
    missing.time = time;
    if (kind === 'rx' || kind === 'tx' || kind === 'gap') missing.bytes += bytes;
  }

  /** Writes the gaps that are due. */
  finish(): void {
    for (const connection of [...this.missing.keys()]) if (this.output.hasRoom) this.tellMissing(connection);
  }

  private tellMissing(connection: number): void {
    const missing = this.missing.get(connection);
    if (missing === undefined) return;
    this.missing.delete(connection);
    this.output.write(this.format({ ...missing, connection, kind: 'gap' }));
  }
}
