/**
 * One direction of a connection with faults: reads from one end, writes to the other.
 *
 *     from.reader ──► pieces ──► held until whole ──► on their way, each with its time ──► to.writer
 *                                (coalesce)            (delay, jitter, stall, throttle)
 *          ▲ pause()        capacity bytes, in all                                          │ pressure, flush
 *          └────────────────────────────────────────────────────────────────────────────────┘
 *
 * Bytes on their way keep their order, so one timer is enough, for the first of them. There is no promise: everything happens on
 * the scheduler or in the calls of the two ends.
 *
 * The file is long because every fault changes the same few states.
 */
import type { SchedulerLike, Subscription } from 'rxjs';
import { hexDigits } from '../../bytes/hexDigits';
import type { Connection } from '../../connection/Connection';
import { ReaderBusyError } from '../../errors';
import type { Fault, FaultDirection, FaultKind, FaultLog } from './FaultLog';
import type { FaultSchedule, Piece } from './FaultSchedule';
import type { FullPlan } from './fillFaultPlan';

/** The ending that the network causes, and after how many bytes of a direction. */
export interface Ending {
  readonly kind: 'truncate' | 'half-close' | 'reset';
  readonly position: number;
}

/** The options of one direction. */
export interface FlowOptions {
  readonly from: Connection;
  readonly to: Connection;
  readonly direction: FaultDirection;
  readonly plan: FullPlan;
  readonly schedule: FaultSchedule;
  readonly ending: Ending | undefined;
  readonly log: FaultLog;
  readonly scheduler: SchedulerLike;
  /** When the run began, on the clock of the scheduler. */
  readonly began: number;
  /** Both directions are over. */
  readonly over: (kind: 'truncate' | 'reset') => void;
}

/** Bytes or an end on their way. */
interface Item {
  readonly due: number;
  readonly bytes?: Uint8Array;
  /** Whether it waits until the kernel has everything before it. */
  readonly apart: boolean;
  /** The faults that the log has when it has come through. */
  readonly news: readonly News[];
  /** What is done then. */
  readonly arrive: () => void;
}

/** A fault that is on its way. */
type News = Pick<Fault, 'position' | 'fault' | 'detail'>;

export class FaultyFlow {
  private readonly queue: Item[] = [];
  /** The bytes of a piece that waits until it is whole. */
  private held: Uint8Array[] = [];
  /** How many bytes wait or are on their way. */
  private waiting = 0;
  private position = 0;
  private piece: Piece | undefined;
  /** The faults that the log has when the first bytes of the piece come through. */
  private news: News[] = [];
  /** When what came last will be through. */
  private last = 0;
  private release: (() => void) | undefined;
  private timer: Subscription | undefined;
  private lingering: Subscription | undefined;
  private reading: Subscription | undefined;
  private unwatch: (() => void) | undefined;
  private pumping = false;
  /** True if all further bytes are dropped. */
  private swallowing = false;
  /** What was on its way when it was stopped. */
  private onTheirWay: readonly News[] | undefined;
  /** The end has come through. */
  private finished = false;
  private stopped = false;

  constructor(private readonly options: FlowOptions) {
    const { log, direction } = options;
    log.watch(direction, () => this.onTheirWay ?? this.listNews());
  }

  /** @throws `ReaderBusyError` if another read is active. */
  start(): void {
    // The other direction has already ended both.
    if (this.stopped) return;
    const { from, to, ending } = this.options;
    const watcher = { pressure: () => this.pump(), progress: () => this.pump(), gone: () => this.lost() };
    to.writer.watch(watcher);
    this.unwatch = () => to.writer.unwatch(watcher);
    if (ending?.position === 0) this.end(ending);
    if (this.stopped) return;
    let busy: ReaderBusyError | undefined;
    this.reading = from.reader.subscribe({
      next: (chunk) => this.take(chunk),
      error: (error) => {
        if (error instanceof ReaderBusyError) busy = error;
        else this.conclude(() => to.reset());
      },
      complete: () => this.conclude(() => to.writer.writeEof()),
    });
    if (this.stopped) this.reading.unsubscribe();
    if (busy !== undefined) throw busy;
  }

  /**
   * Forgets what is on its way.
   *
   * @param lost - It is lost by a fault, and not on its way for the log. Else the log has it as it is now.
   */
  stop(lost = false): void {
    this.onTheirWay ??= lost ? [] : this.listNews();
    this.stopped = true;
    this.queue.length = 0;
    this.reading?.unsubscribe();
    this.timer?.unsubscribe();
    this.lingering?.unsubscribe();
    this.unwatch?.();
    this.release?.();
  }

  private take(chunk: Uint8Array): void {
    const { ending, schedule } = this.options;
    let rest = chunk;
    while (rest.length > 0 && !this.swallowing) {
      const piece = this.pieceHere();
      const edge = Math.min(piece.position + piece.length, ending?.position ?? Number.POSITIVE_INFINITY);
      const part = rest.subarray(0, edge - this.position);
      rest = rest.subarray(part.length);
      const bytes = schedule.corrupted(part, this.position, (position, was, is) => {
        this.news.push({ position, fault: 'corrupt', detail: `from 0x${hexDigits([was])} to 0x${hexDigits([is])}` });
      });
      this.position += part.length;
      this.waiting += part.length;
      if (piece.coalesce) this.hold(bytes, piece);
      else this.send(bytes);
      if (this.position === ending?.position) this.end(ending);
    }
    this.regulate();
    this.pump();
  }

  /** The piece that the next byte belongs to. */
  private pieceHere(): Piece {
    if (this.piece !== undefined && this.position < this.piece.position + this.piece.length) return this.piece;
    const piece = this.options.schedule.piece();
    this.piece = piece;
    const { position, split, coalesce, jitter, stall, length } = piece;
    const tell = (fault: FaultKind, detail = '') => this.news.push({ position, fault, detail });
    // The very first byte has nothing before it.
    if (split && position > 0) tell('split');
    if (coalesce) tell('coalesce', `${length} bytes`);
    if (jitter > 0) tell('jitter', `${jitter} ms`);
    if (stall > 0) tell('stall', `${stall} ms`);
    return piece;
  }

  private hold(bytes: Uint8Array, piece: Piece): void {
    this.held.push(bytes);
    if (this.position === piece.position + piece.length) this.letGo();
    else this.lingering ??= this.later(this.options.plan.linger, () => this.letGo());
  }

  /** Sends the waiting bytes of a piece as one chunk. */
  private letGo(): void {
    this.lingering?.unsubscribe();
    this.lingering = undefined;
    const { held } = this;
    this.held = [];
    if (held.length > 0) this.send(Buffer.concat(held));
    this.pump();
  }

  private send(bytes: Uint8Array): void {
    const { plan, to } = this.options;
    const { split, stall, jitter, position } = this.piece as Piece;
    const { news } = this;
    // All faults of a piece apply to its first bytes. Only its jitter applies to the others.
    const first = this.position - bytes.length === position;
    this.news = [];
    this.last = Math.max(this.last, this.now() + plan.delay + jitter) + (first ? stall : 0);
    if (plan.throttle > 0) this.last += (bytes.length * 1000) / plan.throttle;
    const arrive = () => {
      this.waiting -= bytes.length;
      try {
        to.writer.write(bytes);
      } catch {
        // Other code has ended it.
        this.lost();
      }
      this.regulate();
    };
    this.queue.push({ due: this.last, bytes, apart: first && split, news, arrive });
  }

  private end(ending: Ending): void {
    const { to, over } = this.options;
    const news = { position: ending.position, fault: ending.kind, detail: '' };
    const arrive = () => (ending.kind === 'half-close' ? to.writer.writeEof() : over(ending.kind));
    this.conclude(arrive, [news]);
    this.swallowing = true;
  }

  /** What comes after all bytes that came before it. */
  private conclude(arrive: () => void, news: readonly News[] = []): void {
    if (this.swallowing || this.stopped) return;
    this.letGo();
    this.last = Math.max(this.last, this.now() + this.options.plan.delay);
    const last = () => {
      this.finished = true;
      arrive();
    };
    this.queue.push({ due: this.last, apart: true, news, arrive: last });
    this.pump();
  }

  private pump(): void {
    if (this.pumping || this.stopped) return;
    const { writer } = this.options.to;
    this.pumping = true;
    while (this.queue.length > 0 && !this.stopped) {
      const { due, apart, news, arrive, bytes } = this.queue[0] as Item;
      const left = due - this.now();
      if (left > 0) {
        this.timer ??= this.later(Math.ceil(left), () => {
          this.timer = undefined;
          this.pump();
        });
        break;
      }
      // The rest goes on when the writer has made progress.
      if ((bytes !== undefined && writer.pressured) || (apart && writer.bufferedAmount > 0)) break;
      this.queue.shift();
      for (const fault of news) this.note(fault);
      arrive();
    }
    this.pumping = false;
  }

  /** The end that this flow writes to is gone. If an end has arrived there, bytes that still come are read and dropped. */
  private lost(): void {
    if (this.finished || this.stopped) return;
    this.stop();
    this.options.from.reset();
  }

  private regulate(): void {
    const { capacity } = this.options.plan;
    if (this.stopped) return;
    if (this.release === undefined && this.waiting >= capacity) {
      this.release = this.options.from.reader.pause();
    } else if (this.release !== undefined && this.waiting <= capacity / 2) {
      const { release } = this;
      this.release = undefined;
      release();
    }
  }

  private note(fault: News): void {
    const { log, direction, began } = this.options;
    log.add({ ...fault, time: Math.round(this.now() - began), direction });
  }

  /** What has not come through, in order. */
  private listNews(): readonly News[] {
    return [...this.queue.flatMap(({ news }) => news), ...this.news];
  }

  private now(): number {
    return this.options.scheduler.now();
  }

  private later(milliseconds: number, task: () => void): Subscription {
    return this.options.scheduler.schedule(() => task(), milliseconds);
  }
}
