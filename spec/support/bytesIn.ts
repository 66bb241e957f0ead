/** How many bytes a chunk is, as it is written. */
export function bytesIn(chunk: Uint8Array | string): number {
  return Buffer.byteLength(chunk);
}
