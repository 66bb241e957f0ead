import type { Decoder } from '../codecs/Decoder';

/** Is told what happens to one read. */
export interface ReadWatch extends StarvingWatch {
  /** A chunk has arrived, also while the loop is held. */
  arrives?(): void;
}

/** One subscription or promise that wants frames. */
export interface Read<T> {
  readonly decoder: Decoder<T>;
  readonly watch?: ReadWatch | undefined;
  /** True once the reader of the frames has given up. */
  readonly closed: boolean;
  /** The Subscriber that gets the frames, if there is one. */
  readonly subscriber?: object;
  next(frame: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** Is told when the active read waits for more bytes than are buffered. */
export interface StarvingWatch {
  /** The read has seen all bytes and wants more. Called again for each chunk that is not enough. */
  starves(): void;
  /** The read waits no longer: it is held, or over. */
  rests(): void;
}
