import { isNativeError } from 'node:util/types';

/** Whether a value is an error, also one of another realm, and one that no constructor has made: `Object.create(Error.prototype)`. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error;
}
