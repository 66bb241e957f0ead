/**
 * The incoming side of a read loop: the unread bytes, whether more will come, and the source, which can be paused.
 *
 * The source is paused above `2 × limit` unread bytes. It is resumed at `limit`, and whenever the active read has seen all
 * bytes and wants more. So a frame may have any size, and bytes that nobody reads stay in the peer's kernel.
 *
 * It is a base class and not an object of its own, because each connection has one.
 */
import { ByteBuffer } from '../bytes/ByteBuffer';
import { eventLoop } from '../eventLoop';
import type { Upstream } from '../transports/Upstream';
import type { Offshoots } from './Offshoots';
import type { StarvingWatch } from './Read';
import type { Pipe } from './rxjs7';

export abstract class Inflow {
  readonly buffer: ByteBuffer;
  protected state: 'open' | 'ended' | 'failed' = 'open';
  /** The error of a failed stream; or a function that makes the error of a stream that was cut. */
  protected failure: unknown;
  /** True while the active read has seen everything and wants more. */
  starving = false;
  /** Set if the time for a frame is limited. */
  watch: StarvingWatch | undefined;
  /** The watch of the read that waits. */
  private starved: StarvingWatch | undefined;
  /** True while the source is paused. */
  paused = false;
  /** The other places where bytes of this loop wait; made with the first of them. */
  offshoots: Offshoots | undefined;
  /** How many `for await` loops over the chunks are running: each may be at work on its chunk. */
  protected loops = 0;
  /** The pipe of the last subscription that ended with an end that is not the peer's. */
  endedPipe: Pipe | undefined;

  /**
   * @param limit - The longest line or record in bytes, and half of what is read ahead.
   * @param upstream - Pauses and resumes the source of the bytes.
   */
  constructor(
    limit: number,
    protected upstream?: Upstream,
  ) {
    this.buffer = new ByteBuffer(limit);
  }

  /** The longest line or record in bytes, and half of what is read ahead. */
  get limit(): number {
    return this.buffer.limit;
  }

  /** True while the stream goes on. */
  get open(): boolean {
    return this.state === 'open';
  }

  /** True once the stream is broken. */
  get failed(): boolean {
    return this.state === 'failed';
  }

  /** True once the stream has ended and everything was read. */
  get atEof(): boolean {
    return this.state === 'ended' && this.buffer.length === 0;
  }

  /** From now on the bytes come from `upstream`. */
  drawFrom(upstream: Upstream): void {
    this.upstream = upstream;
  }

  /** A `for await` loop over the chunks begins. It holds nothing: other reads may run between two chunks. */
  enterLoop(): void {
    this.loops++;
  }

  /** A `for await` loop over the chunks is over. */
  leaveLoop(): void {
    this.loops--;
    this.regulate();
  }

  /** Runs a task in the next turn of the event loop, if the source can wait. */
  nextTurn(task: () => void, awaited = false): boolean {
    return this.upstream?.nextTurn?.(task, awaited) ?? false;
  }

  /** The active read waits for bytes. */
  protected starve(watch: StarvingWatch | undefined): void {
    this.starving = true;
    this.starved = watch;
    this.watch?.starves();
    watch?.starves();
  }

  /** Nothing waits for bytes any more. */
  protected rest(): void {
    if (!this.starving) return;
    this.starving = false;
    this.watch?.rests();
    this.starved?.rests();
    this.starved = undefined;
  }

  /** Runs a task at the end of this turn; in virtual time, at the end of this task. */
  endOfTurn(task: () => void): void {
    if (this.upstream?.defer === undefined) eventLoop.endOfTurn(task);
    else this.upstream.defer(task);
  }

  /** Pauses or resumes the source, and calls the callbacks that have become due. */
  protected abstract regulate(): void;

  /** Pauses the source if too much is unread, and resumes it when there is room again. */
  protected regulateSource(): void {
    if (this.upstream === undefined || this.state !== 'open') return;
    if (this.paused) {
      if (!this.starving && this.buffer.length > this.limit) return;
      this.paused = false;
      this.upstream.resume();
    } else if (!this.starving && this.buffer.length > 2 * this.limit) {
      this.paused = true;
      this.upstream.pause();
    }
  }
}
