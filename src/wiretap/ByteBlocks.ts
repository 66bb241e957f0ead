/** The size of the first block, and that of the largest. */
const FIRST = 512;
const LARGEST = 16 * 1024;
/** How many blocks there may be in what is kept, at least: the oldest of them may be nearly empty. */
const BLOCKS = 8;

/**
 * Copies bytes into blocks of its own, one after the other. A copy by itself would keep a block of Node's, which is shared by the whole
 * program: a few bytes would hold 8 KiB.
 *
 * A block is as large as all before it, so a connection that says little takes little.
 */
export class ByteBlocks {
  private block: Buffer | undefined;
  private used = 0;
  private size = FIRST;
  private readonly largest: number;

  /** @param most - How many bytes are kept in all. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.largest = Math.max(FIRST, Math.min(LARGEST, Math.floor(most / BLOCKS)));
  }

  /** A copy of the bytes. */
  copy(bytes: Uint8Array): Buffer {
    if (bytes.length >= this.largest / 4) {
      const own = Buffer.allocUnsafeSlow(bytes.length);
      own.set(bytes);
      return own;
    }
    if (this.block === undefined || this.used + bytes.length > this.block.length) {
      this.block = Buffer.allocUnsafeSlow(Math.max(this.size, bytes.length));
      this.size = Math.min(this.size * 2, this.largest);
      this.used = 0;
    }
    const copy = this.block.subarray(this.used, this.used + bytes.length);
    copy.set(bytes);
    this.used += bytes.length;
    return copy;
  }
}
