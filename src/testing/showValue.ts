import { IncompleteReadError } from '../errors';

const LONGEST = 200;

/** A value in a message: bytes as the text they are, what can't be read of them escaped. */
export function showValue(value: unknown): string {
  if (value instanceof IncompleteReadError) return `IncompleteReadError with ${showValue(value.partial)}`;
  if (value instanceof Error) return `${value}`;
  if (value instanceof Uint8Array) return short(JSON.stringify(Buffer.from(value).toString('latin1')));
  const plain = (_: string, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner);
  return short(JSON.stringify(value, plain) ?? `${value}`);
}

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
