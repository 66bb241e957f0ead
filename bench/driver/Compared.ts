/** Compares the bytes that arrive with a block that is repeated. */
export class Compared {
  bytes = 0;
  right = true;

  constructor(private readonly block: Buffer) {}

  add(chunk: Buffer): void {
    const { block } = this;
    for (let at = 0; at < chunk.length; ) {
      const from = (this.bytes + at) % block.length;
      const length = Math.min(chunk.length - at, block.length - from);
      if (chunk.compare(block, from, from + length, at, at + length) !== 0) this.right = false;
      at += length;
    }
    this.bytes += chunk.length;
  }
}
