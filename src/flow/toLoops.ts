import type { ReadLoop } from '../reading/ReadLoop';
import { StreamReader } from '../reading/StreamReader';
import type { PauseOptions } from './PauseOptions';

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
