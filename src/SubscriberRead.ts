import type { Subscriber, Unsubscribable } from 'rxjs';
import type { Decoder, Framing } from './Decoder';
import type { FrameLoop, Read } from './FrameLoop';

/** A read that lasts as long as a subscription and delivers every frame to it. */
export class SubscriberRead<T> implements Read<T>, Unsubscribable {
  readonly decoder: Decoder<T>;

  constructor(
    private readonly loop: FrameLoop,
    framing: Framing<T>,
    private readonly subscriber: Subscriber<T>,
  ) {
    this.decoder = typeof framing === 'function' ? framing() : framing;
  }

  get closed(): boolean {
    return this.subscriber.closed;
  }

  /** Begins the read; the teardown is in place before the first frame. */
  begin(): void {
    this.subscriber.add(this);
    this.loop.begin(this);
  }

  next(frame: T): void {
    this.subscriber.next(frame);
  }

  error(error: unknown): void {
    this.subscriber.error(error);
  }

  complete(): void {
    this.subscriber.complete();
  }

  unsubscribe(): void {
    this.loop.cancel(this);
  }
}
