import { asyncScheduler } from 'rxjs';
import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { StarvingWatch } from './Read';
import { Watchdog } from './Watchdog';

/**
 * Limits the time that a read may wait for the rest of one frame.
 *
 * The time counts from the first byte of a frame to its last, but only while a read waits for the peer: not while the reader is
 * held, and not while no read is active. Two frames differ in the position of their first byte. A line above its limit is one
 * frame until it is dropped to its end.
 */
export class FrameWatch implements StarvingWatch {
  private readonly watchdog: Watchdog;
  /** The position of the frame's first byte; -1 between two frames. */
  private begun = -1;
  /** How many milliseconds the waits for this frame took before `since`. */
  private spent = 0;
  /** When the current wait began. */
  private since: number | undefined;

  /**
   * @param timeout - In milliseconds.
   * @param end - Called when a frame takes longer.
   */
  constructor(
    protected readonly buffer: ByteBuffer,
    timeout: number,
    end: () => void,
  ) {
    this.watchdog = new Watchdog(timeout, () => {
      if (this.since !== undefined && this.buffer.frameStart === this.begun) end();
    });
  }

  starves(): void {
    const begun = this.buffer.frameStart;
    if (begun === this.begun && this.since !== undefined) return;
    if (begun !== this.begun) {
      this.spent = 0;
      this.begins();
    }
    this.begun = begun;
    this.since = undefined;
    if (begun < 0) return;
    this.since = asyncScheduler.now();
    this.watchdog.touch(this.spent);
  }

  rests(): void {
    if (this.since === undefined) return;
    this.spent += asyncScheduler.now() - this.since;
    this.since = undefined;
  }

  /** A frame begins, or there is none any more. */
  protected begins(): void {}

  /** The time for the frame begins anew. Only for the callback at its end. */
  protected renew(): void {
    this.spent = 0;
    this.since = asyncScheduler.now();
    this.watchdog.touch();
  }

  stop(): void {
    this.watchdog.stop();
  }
}
