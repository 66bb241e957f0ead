import { asyncScheduler, type Subscription } from 'rxjs';

/** How long `close` waits for a peer that stalls. Whatever the peer takes renews it. */
export class Patience {
  private timer: Subscription | undefined;

  /**
   * @param timeout - In milliseconds; 0 waits for ever.
   * @param over - Called when the peer has stalled for that long.
   */
  constructor(
    private readonly timeout: number,
    private readonly over: (timeout: number) => void,
  ) {
    this.renew();
  }

  renew(): void {
    this.stop();
    const { timeout, over } = this;
    if (timeout > 0) this.timer = asyncScheduler.schedule(() => over(timeout), timeout);
  }

  stop(): void {
    this.timer?.unsubscribe();
  }
}
