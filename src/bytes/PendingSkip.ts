import type { Needle } from './Needle';

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** Searches chunk by chunk for the end of the bytes to drop: the first match of one of several separators. */
export class PendingSkip {
  /** The last dropped bytes: a separator may begin in them. */
  private tail: Buffer = EMPTY;
  /** The length of the longest separator. */
  readonly widest: number;

  /**
   * @param needles - The separators.
   * @param from - Where the bytes to drop begin, counted from the start of the stream.
   */
  constructor(
    private readonly needles: readonly Needle[],
    readonly from: number,
  ) {
    this.widest = Math.max(...needles.map((needle) => needle.length));
  }

  /** The part of `chunk` behind the match, or `undefined` while the match has not arrived. */
  rest(chunk: Buffer): Buffer | undefined {
    const bytes = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    let end = Number.POSITIVE_INFINITY;
    for (const needle of this.needles) {
      const at = bytes.indexOf(needle.bytes);
      if (at >= 0) end = Math.min(end, at + needle.length);
    }
    if (end !== Number.POSITIVE_INFINITY) return bytes.subarray(end);
    this.tail = ownCopy(bytes.subarray(Math.max(0, bytes.length - this.widest + 1)));
    return undefined;
  }
}

/** A copy in memory of its own: one in Node's pool, as `Buffer.from` makes it, keeps all of the pool, 64 KiB from Node 24 on. */
function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
