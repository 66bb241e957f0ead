import type { PageBand, PageMark, PageNews } from '../ui/PageMessage';
import { WIRE_EVENT_KINDS } from '../WIRE_EVENT_KINDS';
import type { WireEventKind } from '../WireEvent';
import { Lane } from './Lane';

/** One thing to draw: an event, or several of one kind as a band. Times are microseconds from the zero of the page. */
export interface Mark {
  readonly seq: number;
  readonly lastSeq: number;
  readonly time: number;
  readonly until: number;
  readonly kind: WireEventKind;
  readonly bytes: number;
  readonly count: number;
  readonly preview: string;
}

/** From when to when a lane was held; `to` is missing while it still is. */
export interface Interval {
  readonly from: number;
  to?: number;
}

/** Where a connection is in its life. */
export type RowState = 'open' | 'closed' | 'reset';

/** One connection on the page. */
export class Row {
  /** From the client to the target, and back. */
  readonly lanes: readonly [Lane, Lane] = [new Lane(), new Lane()];
  /** What the kernel has taken of the bytes that were sent. */
  readonly sent = new Lane();
  /** Events without bytes: of the connection and of its ends. */
  readonly turns: Mark[] = [];
  readonly held: Interval[] = [];
  readonly pressure: Interval[] = [];
  state: RowState = 'open';
  secure = false;
  lastTime: number;
  /** The number of the next event. */
  next = 0;

  constructor(
    readonly id: number,
    readonly client: string,
    readonly target: string,
    /** Whose view the events are: `tx` are bytes that this side sent. */
    readonly side: 'client' | 'server',
    /** Microseconds from the zero of the page. */
    readonly firstTime: number,
  ) {
    this.lastTime = firstTime;
  }

  get size(): number {
    return this.lanes[0].marks.length + this.lanes[1].marks.length + this.sent.marks.length + this.turns.length;
  }

  /** Adds what is new, without what it has already. */
  add(news: PageNews['marks']): void {
    for (const item of news) {
      if (item[0] < this.next) continue;
      const mark = this.markOf(item);
      this.next = Math.max(this.next, mark.lastSeq + 1);
      this.lastTime = Math.max(this.lastTime, mark.until);
      this.place(mark);
    }
  }

  /** The lane of what was received or sent: the first one leads to the target. */
  laneOf(kind: 'rx' | 'tx'): 0 | 1 {
    return (kind === 'tx') === (this.side === 'client') ? 0 : 1;
  }

  /** Whether the event is of the client or of the target; undefined for an event of neither. */
  fromClient({ kind }: Mark): boolean | undefined {
    if (kind === 'rx' || kind === 'fin-in') return this.laneOf('rx') === 0;
    return kind === 'tx' || kind === 'fin-out' ? this.laneOf('tx') === 0 : undefined;
  }

  /** All marks, oldest first. */
  all(): Mark[] {
    return [...this.lanes[0].marks, ...this.lanes[1].marks, ...this.sent.marks, ...this.turns].sort(
      (one, other) => one.seq - other.seq,
    );
  }

  /** Forgets the oldest quarter of the marks with bytes. */
  trim(): void {
    for (const lane of [...this.lanes, this.sent]) lane.drop(lane.marks.length >> 2);
  }

  private markOf(item: PageMark | PageBand): Mark {
    const [seq, offset, code, bytes] = item;
    const start = this.firstTime;
    const kind = WIRE_EVENT_KINDS[code < 0 ? code + 100 : code] ?? 'gap';
    const time = start + offset;
    if (code >= 0) {
      const preview = (item as PageMark)[4] ?? '';
      return { seq, lastSeq: seq, time, until: time, kind, bytes, count: 1, preview };
    }
    const [, , , , count, until, lastSeq] = item as PageBand;
    return { seq, lastSeq, time, until: start + until, kind, bytes, count, preview: '' };
  }

  private place(mark: Mark): void {
    const { kind, time } = mark;
    if (kind === 'rx' || kind === 'tx') this.lanes[this.laneOf(kind)].add(mark);
    else if (kind === 'sent') this.sent.add(mark);
    else if (kind === 'paused') this.held.push({ from: time });
    else if (kind === 'resumed') endOf(this.held, time);
    else if (kind === 'pressure') this.pressure.push({ from: time });
    else if (kind === 'drained') endOf(this.pressure, time);
    if (kind === 'reset') this.state = 'reset';
    if (kind === 'tls') this.secure = true;
    if (kind === 'close' || kind === 'reset') {
      if (this.state === 'open') this.state = 'closed';
      endOf(this.held, time);
      endOf(this.pressure, time);
    }
    if (kind !== 'rx' && kind !== 'tx' && kind !== 'sent') this.turns.push(mark);
  }
}

function endOf(intervals: Interval[], time: number): void {
  const last = intervals.at(-1);
  if (last !== undefined && last.to === undefined) last.to = time;
}
