import type { Decoder } from '../codecs/Decoder';

/** One subscription or promise that wants frames. */
export interface Read<T> {
  readonly decoder: Decoder<T>;
  /** True once the reading side has given up. */
  readonly closed: boolean;
  /** Whom the frames go to, where that is a Subscriber. */
  readonly subscriber?: object;
  next(frame: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** Is told how long the active read waits for more than is buffered. */
export interface StarvingWatch {
  /** The read has seen everything and wants more. Called again for each chunk that is not enough. */
  starves(): void;
  /** It waits no longer: it was held, or is over. */
  rests(): void;
}
