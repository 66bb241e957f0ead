import type { Needle } from './Needle';

const EMPTY = Buffer.alloc(0);

/** Looks, chunk by chunk, for the end of what is to be dropped: the first match of one of several separators. */
export class Discarding {
  /** The last bytes of what was dropped, which may be the beginning of a separator. */
  private tail: Buffer = EMPTY;
  /** The length of the longest separator. */
  readonly widest: number;

  constructor(private readonly needles: readonly Needle[]) {
    this.widest = Math.max(...needles.map((needle) => needle.length));
  }

  /** Drops of a chunk what is to be dropped: what follows the match, or `undefined` where there is none yet. */
  rest(chunk: Buffer): Buffer | undefined {
    const bytes = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    let end = Number.POSITIVE_INFINITY;
    for (const needle of this.needles) {
      const at = bytes.indexOf(needle.bytes);
      if (at >= 0) end = Math.min(end, at + needle.length);
    }
    if (end !== Number.POSITIVE_INFINITY) return bytes.subarray(end);
    this.tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.widest + 1)));
    return undefined;
  }
}
