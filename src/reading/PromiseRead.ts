import { asyncScheduler, type Subscription } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import type { Decoder, Framing, OwnDecoder } from '../codecs/Decoder';
import { endErrors } from '../endErrors';
import { SocketTimeoutError } from '../errors';
import type { Read } from './Read';
import type { ReadLoop } from './ReadLoop';
import type { WaitOptions } from './ReadOptions';

/** A read of one frame as a promise. */
export class PromiseRead<T, D extends Decoder<T>> implements Read<T> {
  closed = false;
  readonly watch = undefined;
  private timer: Subscription | undefined;

  private constructor(
    private readonly loop: ReadLoop,
    readonly decoder: D,
    private readonly atEnd: (decoder: D) => T,
    private readonly options: WaitOptions,
    private readonly resolve: (frame: T) => void,
    private readonly reject: (error: unknown) => void,
    /** The same decoder, if only this read uses it. */
    private readonly own?: OwnDecoder<T>,
  ) {}

  /**
   * @param atEnd - Makes the result if the stream has ended with nothing left; it may throw.
   */
  static of<T, D extends Decoder<T>>(
    loop: ReadLoop,
    decoder: D,
    atEnd: (decoder: D) => T,
    options: WaitOptions,
  ): Promise<T> {
    return new Promise((resolve, reject) => new PromiseRead(loop, decoder, atEnd, options, resolve, reject).begin());
  }

  /** The same for a decoder that may be of this read only. */
  static frame<T>(loop: ReadLoop, framing: Framing<T>, atEnd: () => T, options: WaitOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const own = typeof framing === 'function' ? framing(loop, reject) : undefined;
      const decoder = own ?? (framing as Decoder<T>);
      new PromiseRead(loop, decoder, atEnd, options, resolve, reject, own).begin();
    });
  }

  private begin(): void {
    const { signal, timeout = 0 } = this.options;
    if (signal?.aborted) {
      this.own?.release();
      this.reject(signal.reason);
      return;
    }
    if (signal !== undefined) AbortListeners.of(signal).add(this);
    if (timeout > 0) {
      this.timer = asyncScheduler.schedule(() => this.giveUp(new SocketTimeoutError('read', timeout)), timeout);
    }
    this.loop.begin(this);
  }

  next(frame: T): void {
    this.close();
    this.resolve(frame);
  }

  error(error: unknown): void {
    this.close();
    this.reject(error);
  }

  complete(): void {
    this.close();
    try {
      this.resolve(this.atEnd(this.decoder));
    } catch (error) {
      this.reject(endErrors.markCut(error, this.loop));
    }
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.giveUp(this.options.signal?.reason);
  }

  private giveUp(reason: unknown): void {
    this.close();
    this.reject(reason);
  }

  private close(): void {
    this.closed = true;
    this.timer?.unsubscribe();
    const { signal } = this.options;
    if (signal !== undefined) AbortListeners.of(signal).delete(this);
    this.loop.cancel(this);
    this.own?.release();
  }
}
