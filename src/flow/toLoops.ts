import type { ReadLoop } from '../reading/ReadLoop';
import { StreamReader } from '../reading/StreamReader';

/** Which readers a flow operator holds. */
export interface PauseOptions {
  /**
   * The reader, or readers, to hold. Default: the one that the value comes from. An empty list holds none, so that a slow
   * consumer does not slow its source down: what can't be passed on is then bounded by `maxBuffered`, where there is one.
   */
  readonly source?: StreamReader | readonly StreamReader[] | undefined;
}

/**
 * The loops of the readers that an operator was given to hold, or `undefined` if it was given none.
 *
 * @throws `TypeError` for anything but readers.
 */
export function toLoops({ source }: PauseOptions): readonly ReadLoop[] | undefined {
  if (source === undefined) return undefined;
  const readers = source instanceof StreamReader ? [source] : source;
  if (!Array.isArray(readers) || !readers.every((reader) => reader instanceof StreamReader)) {
    throw new TypeError('Cannot pause the source: it must be a StreamReader or a list of them');
  }
  return readers.map((reader) => reader.input);
}
