/** The number of bytes of a chunk, as it is written. */
export function bytesIn(chunk: Uint8Array | string): number {
  return Buffer.byteLength(chunk);
}
