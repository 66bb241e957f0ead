import { type Codec, lengthPrefixed, mapped, ndjson } from 'rxjs-tcp';

/** How packets are cut out of the bytes: lines of JSON, JSON behind a length of 4 bytes, or a codec of yours. */
export type Framing = 'ndjson' | 'length-prefixed' | Codec<unknown>;

/** How packets are read and written, the same on both sides. */
export interface FramingOptions {
  /** Default `'ndjson'`. */
  readonly framing?: Framing | undefined;
  /** The longest packet in bytes, in both directions. A codec of yours has its own limit. Default 1 MiB. */
  readonly maxLength?: number | undefined;
}

/** The codec of the packets. */
export function codecOf({ framing = 'ndjson', maxLength = 1024 * 1024 }: FramingOptions): Codec<unknown> {
  if (framing === 'ndjson') return ndjson({ limit: maxLength });
  if (framing === 'length-prefixed') {
    return mapped(lengthPrefixed({ bytes: 4, maxLength }), { decode: JSON.parse, encode: JSON.stringify });
  }
  return framing;
}
