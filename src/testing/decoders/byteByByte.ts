/** Cuts bytes into chunks of one byte. */
export function byteByByte(whole: Buffer): Buffer[] {
  return Array.from(whole, (_, i) => whole.subarray(i, i + 1));
}
