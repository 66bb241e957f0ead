import { defaults } from '../defaults';
import { SocketTimeoutError } from '../errors';
import { FrameWatch } from '../reading/FrameWatch';
import { RateWatch } from '../reading/RateWatch';
import type { StarvingWatch } from '../reading/Read';
import type { ReadLoop } from '../reading/ReadLoop';
import type { LimitsOwner } from './TimeLimits';

/**
 * The limits for the time of one frame and for its rate.
 *
 * Their watches are made with the first frame that does not arrive at once: most connections never have one.
 */
export class FrameLimits implements StarvingWatch {
  private frame: FrameWatch | undefined;
  private rate: RateWatch | undefined;
  private made = false;

  /**
   * @param timeout - In milliseconds; 0 is off.
   * @param least - The least rate in bytes per second; 0 is off.
   */
  constructor(
    private readonly timeout: number,
    private readonly least: number,
    private readonly input: ReadLoop,
    private readonly owner: LimitsOwner,
  ) {}

  starves(): void {
    if (!this.made) {
      if (this.input.buffer.frameStart < 0) return;
      this.make();
    }
    this.frame?.starves();
    this.rate?.starves();
  }

  rests(): void {
    this.frame?.rests();
    this.rate?.rests();
  }

  stop(): void {
    this.frame?.stop();
    this.rate?.stop();
  }

  private make(): void {
    const { timeout, least, input, owner } = this;
    this.made = true;
    if (timeout > 0) {
      this.frame = new FrameWatch(input.buffer, timeout, () => owner.reached(new SocketTimeoutError('frame', timeout)));
    }
    if (least > 0) {
      this.rate = new RateWatch(input.buffer, least, owner.received, () =>
        owner.reached(new SocketTimeoutError('read-rate', defaults.rateWindow)),
      );
    }
  }
}
