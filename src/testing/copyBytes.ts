import { mapBytes } from './marbles/mapBytes';

/** A value as it is now: bytes in it are copied, so that who uses their memory again can't change it. */
export function copyBytes<T>(value: T): T {
  return mapBytes(value, (bytes) => (Buffer.isBuffer(bytes) ? Buffer.from(bytes) : bytes.slice())) as T;
}
