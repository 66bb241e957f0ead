import type { Subscriber, Unsubscribable } from 'rxjs';
import type { Decoder, Framing, OwnDecoder } from '../codecs/Decoder';
import type { Read, ReadWatch } from './Read';
import type { ReadLoop } from './ReadLoop';
import { pipeFrom } from './rxjs7';

/** A read that lasts as long as a subscription and delivers every frame to it. */
export class SubscriberRead<T> implements Read<T>, Unsubscribable {
  readonly decoder: Decoder<T>;
  /** The same decoder, if only this read uses it. */
  private readonly own: OwnDecoder<T> | undefined;

  constructor(
    private readonly loop: ReadLoop,
    framing: Framing<T>,
    readonly subscriber: Subscriber<T>,
  ) {
    this.own = typeof framing === 'function' ? framing(loop, (error) => this.fail(error)) : undefined;
    this.decoder = this.own ?? (framing as Decoder<T>);
  }

  get watch(): ReadWatch | undefined {
    return this.own?.watch;
  }

  get closed(): boolean {
    return this.subscriber.closed;
  }

  /**
   * Starts the read. A subscriber that needs one buffered frame, as `firstValueFrom` does, is closed before `begin` returns; the
   * loop notices, and no teardown is added.
   */
  begin(): void {
    this.loop.onSubscribed?.(this.subscriber);
    try {
      this.loop.begin(this);
    } finally {
      if (this.subscriber.closed) this.own?.release();
      else this.subscriber.add(this);
    }
  }

  next(frame: T): void {
    this.subscriber.next(frame);
  }

  error(error: unknown): void {
    this.own?.release();
    this.subscriber.error(error);
  }

  complete(): void {
    this.own?.release();
    if (this.loop.cut !== undefined) this.loop.endedPipe = pipeFrom(this.subscriber);
    this.subscriber.complete();
  }

  /** The reader is free before the error arrives, as with an error of the loop. */
  private fail(error: unknown): void {
    this.loop.cancel(this);
    this.error(error);
  }

  unsubscribe(): void {
    this.loop.cancel(this);
    this.own?.release();
  }
}
