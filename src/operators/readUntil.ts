import type { OperatorFunction } from 'rxjs';
import { checkLimit } from '../argumentChecks';
import { Needle, type Separator } from '../bytes/Needle';
import { untilDecoder } from '../codecs/readDecoders';
import { cutFrames } from './cutFrames';

/** Options of {@link readUntil}. */
export interface ReadUntilOptions {
  /** The longest record in bytes, its separator not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
}

/**
 * Records, each with the separator that ends it.
 *
 * ```marbles
 * arrives  'a;b'-----'c!d;'--------|
 *          reader.pipe(readUntil([';', '!']))
 * emits    'a;'------'bc!''d;'-----|
 * ```
 *
 * Of several separators, the match that ends first counts. If several end together, the shortest.
 *
 * - Emits when a separator is whole.
 * - Pauses when the reader is held.
 * - Completes when the source has ended between two records.
 * - Errors when the source errors, after the whole records before it; with a `LimitOverrunError` as soon as it is certain that a
 *   record is longer than `limit`: the bytes stay, and another read can take them; and with an `IncompleteReadError`, which has
 *   the bytes, when the source ends inside a record.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader, also part of a record.
 *
 * @example
 * ```ts
 * import { firstValueFrom } from 'rxjs';
 * import { readUntil, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('GET / HTTP/1.1\r\n\r\none\0two\n')]);
 * const head = await firstValueFrom(reader.pipe(readUntil('\r\n\r\n')));
 * console.log(head.length); // → 18
 * reader.pipe(readUntil(['\0', '\n'])).subscribe((record) => console.log(`${record.subarray(0, -1)}`));
 * // → one
 * // → two
 * ```
 * @param separator - A string (its UTF-8 bytes), bytes, or a list of them.
 * @param options - `limit` in bytes.
 * @throws `TypeError` or `RangeError` for an invalid or empty separator, and for a limit below 1.
 */
export function readUntil(separator: Separator, options?: ReadUntilOptions): OperatorFunction<Uint8Array, Buffer> {
  const decoder = untilDecoder(Needle.list(separator), checkLimit(options));
  return (source) => cutFrames(source, decoder);
}
