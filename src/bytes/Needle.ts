import { isUint8Array } from 'node:util/types';

/** One separator or several. A string means its UTF-8 bytes. */
export type Separator = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * A separator that is ready for searching: its bytes, and a key that equal bytes share. By the key, a {@link ByteBuffer}
 * remembers how far it has searched, also when each call names the separator again.
 *
 * Equal separators are mostly the same object, because making one takes ten times as long as finding it.
 */
export class Needle {
  private constructor(
    /** One character for each byte. */
    readonly key: string,
    readonly bytes: Buffer,
    readonly length: number,
    /** The first byte: the whole needle, when `length` is 1. */
    readonly first: number,
  ) {}

  /**
   * @param separator - One byte or more. A string means its UTF-8 bytes.
   * @throws `TypeError` for anything but a string or bytes, `RangeError` for an empty separator.
   */
  static of(separator: string | Uint8Array): Needle {
    // Each read names its separator again, mostly as the same string.
    const known = typeof separator === 'string' ? named.get(separator) : undefined;
    if (known !== undefined) return known;
    const key = makeKey(separator);
    let needle = interned.get(key);
    if (needle === undefined) {
      const bytes = Buffer.from(key, 'latin1');
      needle = new Needle(key, bytes, bytes.length, bytes[0] as number);
      // Most programs have few separators. Random ones (MIME boundaries) would fill the map, so the old ones are forgotten.
      if (interned.size >= MAX_INTERNED) {
        interned.clear();
        named.clear();
      }
      interned.set(key, needle);
    }
    if (typeof separator === 'string') {
      if (named.size >= MAX_INTERNED) named.clear();
      named.set(separator, needle);
    }
    return needle;
  }

  /**
   * The needles of a search for one separator, or for any of several.
   *
   * @throws `TypeError` for an invalid separator, `RangeError` for an empty one or an empty list.
   */
  static list(separator: Separator | Needle | readonly Needle[]): readonly Needle[] {
    const separators = (Array.isArray(separator) ? separator : [separator]) as (string | Uint8Array | Needle)[];
    if (separators.length === 0) throw new RangeError('Cannot search for a separator: the list of them is empty');
    return separators.map((one) => (one instanceof Needle ? one : Needle.of(one)));
  }
}

const MAX_INTERNED = 4096;
/** By their bytes. */
const interned = new Map<string, Needle>();
/** By the strings that name them. Several strings may have the same bytes: a lone surrogate becomes U+FFFD. */
const named = new Map<string, Needle>();

function makeKey(separator: string | Uint8Array): string {
  if (typeof separator !== 'string' && !isUint8Array(separator)) {
    throw new TypeError(
      `Cannot search for a separator of type ${typeof separator}: it must be a string or a Uint8Array`,
    );
  }
  if (separator.length === 0)
    throw new RangeError('Cannot search for an empty separator: it must have at least one byte');
  const bytes =
    typeof separator === 'string'
      ? Buffer.from(separator)
      : Buffer.from(separator.buffer, separator.byteOffset, separator.byteLength);
  return bytes.toString('latin1');
}
