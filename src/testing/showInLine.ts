import { inspect } from 'node:util';
import { mapBytes } from './marbles/mapBytes';
import { showBytes } from './showBytes';

/** How many bytes are shown of each value. */
const MOST = 48;

/** Any value in one line, the bytes in it as {@link showBytes} has them. */
export function showInLine(value: unknown): string {
  if (value instanceof Error) return `${value}`;
  if (value instanceof Uint8Array) return showBytes(value, MOST);
  if (typeof value === 'string') return showBytes(Buffer.from(value), MOST);
  const legible = mapBytes(value, (bytes) => ({ [inspect.custom]: () => showBytes(bytes, MOST) }));
  return inspect(legible, {
    breakLength: Number.POSITIVE_INFINITY,
    depth: 4,
    maxArrayLength: 20,
    maxStringLength: 100,
  });
}
