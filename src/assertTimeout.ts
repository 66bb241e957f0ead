/**
 * Refuses a timeout that is not one.
 *
 * @param what - The option's name, for the message.
 * @param timeout - Milliseconds; 0 is off, `undefined` is the default.
 * @throws `TypeError` for what is no number, `RangeError` for a negative one.
 */
export function assertTimeout(what: string, timeout: unknown): void {
  if (timeout === undefined) return;
  if (typeof timeout !== 'number') {
    throw new TypeError(`Cannot use ${String(timeout)} as ${what}: it must be a number of milliseconds`);
  }
  // Longer ones would fire at once: the runtime's timers count milliseconds in 31 bits.
  if (!(timeout >= 0 && timeout <= MAX_TIMEOUT)) {
    throw new RangeError(`Cannot use ${timeout} as ${what}: it must be from 0 (off) to ${MAX_TIMEOUT} milliseconds`);
  }
}

const MAX_TIMEOUT = 2 ** 31 - 1;
