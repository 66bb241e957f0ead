import { inspect } from 'node:util';
import { showBytes } from '../bytes/showBytes';
import { mapBytes } from './marbles/mapBytes';

/** How many bytes of each value are shown. */
const MOST = 48;

/** Any value in one line, with its bytes as in {@link showBytes}. */
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
