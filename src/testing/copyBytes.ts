import { mapBytes } from './marbles/mapBytes';

/** Copies a value with all bytes in it, so that nobody can change it by using their memory again. */
export function copyBytes<T>(value: T): T {
  return mapBytes(value, (bytes) => (Buffer.isBuffer(bytes) ? Buffer.from(bytes) : bytes.slice())) as T;
}
