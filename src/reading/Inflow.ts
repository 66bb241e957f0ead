/**
 * What comes in: the bytes that are unread, whether more will come, and the source that is told to wait.
 *
 * The source is paused above `2 × limit` unread bytes and resumed at `limit`, and whenever the active read has seen all
 * of them and wants more: so a frame may be of any size, and what nobody reads stays in the peer's kernel.
 *
 * It is the base of a class, and no object of its own, since each connection has one.
 */
import { ByteBuffer } from '../bytes/ByteBuffer';
import { eventLoop } from '../eventLoop';
import type { Upstream } from '../transports/Upstream';
import type { Offshoots } from './Offshoots';
import type { Pipe } from './rxjs7';

export abstract class Inflow {
  readonly buffer: ByteBuffer;
  protected state: 'open' | 'ended' | 'failed' = 'open';
  /** Of a stream that failed: the error. Of one that was cut: makes the error that says so. */
  protected failure: unknown;
  /** True while the active read has seen everything and wants more. */
  starving = false;
  /** True while the source is paused. */
  paused = false;
  /** Where bytes wait that came from here; made with the first. */
  offshoots: Offshoots | undefined;
  /** How many loops over the chunks are under way: each may be at work on what it was given. */
  protected loops = 0;
  /** The pipe of the last subscription that was told of an end that is not the peer's. */
  endedPipe: Pipe | undefined;

  /**
   * @param limit - The longest line or record in bytes, and half of what is read ahead.
   * @param upstream - Pauses and resumes what brings the bytes.
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

  /** True once the stream has ended and everything was read. */
  get atEof(): boolean {
    return this.state === 'ended' && this.buffer.length === 0;
  }

  /** The bytes come from there from now on. */
  drawFrom(upstream: Upstream): void {
    this.upstream = upstream;
  }

  /** A loop over the chunks begins, until {@link leaveLoop}. It holds nothing: others may read in between. */
  enterLoop(): void {
    this.loops++;
  }

  /** A loop over the chunks is over. */
  leaveLoop(): void {
    this.loops--;
    this.regulate();
  }

  /** Runs a task in the next turn, if what brings the bytes can wait. */
  nextTurn(task: () => void, awaited = false): boolean {
    return this.upstream?.nextTurn?.(task, awaited) ?? false;
  }

  /** Runs a task at the end of this turn; in virtual time, of this task. */
  endOfTurn(task: () => void): void {
    if (this.upstream?.defer === undefined) eventLoop.endOfTurn(task);
    else this.upstream.defer(task);
  }

  /** Looks what has become due. */
  protected abstract regulate(): void;

  /** Pauses the source where too much is unread, and resumes it where there is room again. */
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
