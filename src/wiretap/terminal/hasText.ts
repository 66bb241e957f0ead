import type { WireEvent } from '../WireEvent';

/**
 * Whether the bytes of an event have a text, in upper or lower case.
 *
 * @param wanted - The text, in lower case.
 */
export function hasText({ data }: WireEvent, wanted: string): boolean {
  if (data === undefined) return false;
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString().toLowerCase().includes(wanted);
}
