/**
 * Refuses a number of bytes that is not one.
 *
 * @param what - What the number is, for the message: `Cannot use -1 as limit…`.
 * @param bytes - The number given.
 * @param least - The smallest that is allowed.
 * @param most - The largest: a whole number of bytes where a buffer is to be filled, `Infinity` for a limit.
 * @throws `TypeError` for what is no number, `RangeError` for a number out of range.
 */
export function assertByteCount(what: string, bytes: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): void {
  if (typeof bytes !== 'number')
    throw new TypeError(`Cannot use ${String(bytes)} as ${what}: it must be a number of bytes`);
  if (bytes >= least && bytes <= most && (Number.isInteger(bytes) || bytes === Number.POSITIVE_INFINITY)) return;
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot use ${bytes} as ${what}: it must be a whole number of bytes ${range}`);
}
