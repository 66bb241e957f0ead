import type { ReadLoop } from '../reading/ReadLoop';
import { StreamReader } from '../reading/StreamReader';

/** Which readers a flow operator holds. */
export interface PauseOptions {
  /**
   * The reader, or readers, to hold. Default: the reader that the value comes from. An empty list holds none, so a slow
   * consumer does not slow its source down. Then `maxBuffered`, if the operator has it, limits the values that wait.
   */
  readonly source?: StreamReader | readonly StreamReader[] | undefined;
}

/**
 * The loops of the readers in the `source` option, or `undefined` without that option.
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
