/** The size of a string or of bytes. An empty one counts as 1, or any number of them could wait. */
export function bytesOf(value: unknown): number | undefined {
  if (typeof value === 'string') return Math.max(1, Buffer.byteLength(value));
  if (value instanceof Uint8Array) return Math.max(1, value.byteLength);
  return undefined;
}
