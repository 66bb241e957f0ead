import type { ByteBuffer } from '../bytes/ByteBuffer';
import { defaults } from '../defaults';
import { FrameWatch } from './FrameWatch';

/**
 * Limits how slowly a frame may arrive: a peer that has begun one must send so many bytes a second, on the average of 5 seconds.
 *
 * The time counts as in a {@link FrameWatch}. The bytes that began the frame count too.
 */
export class RateWatch extends FrameWatch {
  /** How many bytes had arrived when the window began. */
  private base = 0;

  /**
   * @param rate - The least rate, in bytes per second.
   * @param received - How many bytes have arrived on the connection.
   * @param end - Called when a frame is too slow.
   */
  constructor(
    buffer: ByteBuffer,
    rate: number,
    private readonly received: () => number,
    end: () => void,
  ) {
    super(buffer, defaults.rateWindow, () => {
      if (received() - this.base < (rate * defaults.rateWindow) / 1000) {
        end();
        return;
      }
      this.base = received();
      this.renew();
    });
  }

  protected override begins(): void {
    this.base = this.received() - this.buffer.length;
  }
}
