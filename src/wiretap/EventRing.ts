import { Fifo } from '../writing/Fifo';
import type { WireEvent } from './WireEvent';

/** What an event takes beside its bytes: the object, the view of its bytes, and its place in the list. About 210 on Node.js 20. */
const OVERHEAD = 256;

/**
 * The newest events of a connection, bounded by bytes. What it drops is a gap: kept and dropped events are those that were seen.
 *
 * The first event, `open`, stays: it has the addresses.
 */
export class EventRing {
  private readonly kept = new Fifo<WireEvent>();
  private first: WireEvent | undefined;
  private newestDropped: WireEvent | undefined;
  private droppedBytes = 0;
  /** How many bytes the events take, as they are counted. */
  size = 0;

  constructor(private readonly maxBytes: number) {}

  add(event: WireEvent): void {
    this.size += sizeOf(event);
    if (this.first === undefined) {
      this.first = event;
      return;
    }
    this.kept.push(event);
    while (this.size > this.maxBytes && this.kept.length > 0) this.drop();
  }

  /**
   * The events, oldest first, with a gap for those that were dropped.
   *
   * @param from - The first number that is wanted. After the gap it costs as much as what it returns.
   */
  events(from = 0): WireEvent[] {
    const { first, newestDropped, droppedBytes } = this;
    if (first === undefined) return [];
    // The numbers have no holes after the gap.
    if (from > first.seq + 1) return this.kept.after(from - (this.kept.first?.seq ?? from));
    if (from > first.seq) return this.events().slice(1);
    if (newestDropped === undefined) return [first, ...this.kept];
    const { time, connection } = newestDropped;
    return [first, { seq: first.seq + 1, time, connection, kind: 'gap', bytes: droppedBytes }, ...this.kept];
  }

  private drop(): void {
    const event = this.kept.shift();
    this.size -= sizeOf(event);
    this.newestDropped = event;
    if (event.kind === 'rx' || event.kind === 'tx') this.droppedBytes += event.bytes ?? 0;
  }
}

function sizeOf({ data }: WireEvent): number {
  return OVERHEAD + (data === undefined ? 0 : data.length);
}
