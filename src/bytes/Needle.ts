import { isUint8Array } from 'node:util/types';

/** One separator or several: a string stands for its UTF-8 bytes. */
export type Separator = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * A separator made ready for searching: its bytes, and one key for equal bytes, by which a {@link ByteBuffer} remembers how
 * far it has looked for one, across calls that each name the separator anew.
 *
 * Equal separators are mostly the same object: making one takes ten times as long as finding it.
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
   * @param separator - One byte or more; a string stands for its UTF-8 bytes.
   * @throws `TypeError` for anything but a string or bytes, `RangeError` for an empty separator.
   */
  static of(separator: string | Uint8Array): Needle {
    // Reads name their separator anew each time, mostly as the same string.
    const known = typeof separator === 'string' ? named.get(separator) : undefined;
    if (known !== undefined) return known;
    const key = makeKey(separator);
    let needle = interned.get(key);
    if (needle === undefined) {
      const bytes = Buffer.from(key, 'latin1');
      needle = new Needle(key, bytes, bytes.length, bytes[0] as number);
      // Separators are few and fixed in most programs; where they are random (MIME boundaries), the old ones are forgotten.
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
   * The separators of a search for one or any of several.
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
/** By the strings that they were given as, of which several may have the same bytes: a lone surrogate is a U+FFFD. */
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
