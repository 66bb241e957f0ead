import { defaults } from './defaults';
import { LimitOverrunError } from './errors';

/**
 * Throws unless `bytes` is a whole number of bytes within a range.
 *
 * @param what - What the number is, for the message: `Cannot use -1 as limit…`.
 * @param bytes - The number.
 * @param least - The smallest allowed number.
 * @param most - The largest: a whole number of bytes for the size of a buffer, `Infinity` for a limit.
 * @throws `TypeError` for anything but a number, `RangeError` for a number out of range.
 */
export function assertByteCount(what: string, bytes: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): void {
  if (typeof bytes !== 'number')
    throw new TypeError(`Cannot use ${String(bytes)} as ${what}: it must be a number of bytes`);
  if (bytes >= least && bytes <= most && (Number.isInteger(bytes) || bytes === Number.POSITIVE_INFINITY)) return;
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot use ${bytes} as ${what}: it must be a whole number of bytes ${range}`);
}

/**
 * Throws unless `count` is an integer of at least 1. `undefined` passes: it is the default.
 *
 * @throws `TypeError` for anything but a number, `RangeError` for less than 1 or a fraction.
 */
export function assertCount(what: string, count: unknown): void {
  if (count === undefined) return;
  if (typeof count !== 'number') throw new TypeError(`Cannot use ${String(count)} as ${what}: it must be a number`);
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`Cannot use ${count} as ${what}: it must be a whole number of at least 1`);
  }
}

/**
 * Throws unless `value` is `true` or `false`. `undefined` passes: it is the default.
 *
 * @throws `TypeError`
 */
export function assertBoolean(what: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`Cannot use ${String(value)} as ${what}: it must be true or false`);
}

/**
 * Throws unless `port` is an integer from 0 to 65535. `undefined` passes: the caller decides whether a port is required.
 *
 * @throws `TypeError` for anything but a number, `RangeError` for a number out of range.
 */
export function assertPort(port: unknown): void {
  if (port === undefined) return;
  if (typeof port !== 'number') throw new TypeError(`Cannot use ${String(port)} as port: it must be a number`);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return;
  throw new RangeError(`Cannot use ${port} as port: it must be a whole number from 0 to 65535`);
}

/**
 * Throws unless `signal` is an `AbortSignal`. `undefined` passes.
 *
 * @throws `TypeError`
 */
export function assertSignal(signal: unknown): void {
  if (signal === undefined) return;
  // It checks members, not the class: a signal may come from another realm or from a package.
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  throw new TypeError(`Cannot use ${describe(signal)} as signal: it must be an AbortSignal`);
}

function describe(value: unknown): string {
  return value instanceof AbortController
    ? 'an AbortController'
    : value === null
      ? 'null'
      : `a value of type ${typeof value}`;
}

/**
 * Throws unless `timeout` is a number of milliseconds that a timer can count. `undefined` passes.
 *
 * @param what - The name of the option, for the message.
 * @param timeout - Milliseconds; 0 is off, `undefined` is the default.
 * @throws `TypeError` for anything but a number, `RangeError` for a negative one.
 */
export function assertTimeout(what: string, timeout: unknown): void {
  if (timeout === undefined) return;
  if (typeof timeout !== 'number') {
    throw new TypeError(`Cannot use ${String(timeout)} as ${what}: it must be a number of milliseconds`);
  }
  // The runtime's timers count milliseconds in 31 bits: longer ones would fire at once.
  if (!(timeout >= 0 && timeout <= MAX_TIMEOUT)) {
    throw new RangeError(`Cannot use ${timeout} as ${what}: it must be from 0 (off) to ${MAX_TIMEOUT} milliseconds`);
  }
}

const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Returns the limit of a read, after a check.
 *
 * @throws `TypeError` or `RangeError` unless the limit is a number of bytes of at least 1.
 */
export function checkLimit(options: { readonly limit?: number | undefined } | undefined): number | undefined {
  const limit = options?.limit;
  if (limit !== undefined) assertByteCount('limit', limit, 1, Number.POSITIVE_INFINITY);
  return limit;
}

/**
 * Throws unless a block of `n` bytes may be read. Often the peer decides how long a block is, so there is always a limit.
 *
 * @param n - How many bytes the block has.
 * @param options - `limit`: the most bytes that it may have, 16 MiB by default.
 * @throws `TypeError` or `RangeError` for an invalid size, and for a limit below 1; `LimitOverrunError` above the limit.
 */
export function assertBlockSize(n: number, options?: { readonly limit?: number | undefined }): void {
  assertByteCount('the number of bytes to read', n);
  const limit = checkLimit(options) ?? defaults.maxLength;
  if (n > limit) throw new LimitOverrunError(limit, n);
}
