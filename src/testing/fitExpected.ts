import { isMap, isUint8Array } from 'node:util/types';
import { copyShape } from './copyShape';
import { firstDifference } from './firstDifference';
import { haveSameParts } from './haveSameParts';
import { isMatcher } from './Matcher';
import { partKeys } from './partKeys';
import { partOf } from './partOf';

/**
 * What is expected, as a value that can be compared strictly: where a matcher accepts what was seen, or bytes are expected as text or in
 * another kind of array, the part that was seen is in its place.
 *
 * What does not fit stays as it is.
 */
export function fitExpected(seen: unknown, expected: unknown): unknown {
  return fitPart(seen, expected, new Map());
}

/** By what is expected and what was seen: one expected object may be compared with several. */
type Copies = Map<unknown, Map<unknown, unknown>>;

function fitPart(seen: unknown, expected: unknown, copies: Copies): unknown {
  if (Object.is(seen, expected)) return expected;
  if (isMatcher(expected)) return expected.asymmetricMatch(seen) ? seen : expected;
  if (isUint8Array(seen)) return sameBytes(seen, expected) ? seen : expected;
  if (!haveSameParts(seen, expected)) return expected;
  const known = copies.get(expected) ?? new Map<unknown, unknown>();
  copies.set(expected, known);
  if (known.has(seen)) return known.get(seen);
  const copy = copyShape(expected);
  known.set(seen, copy);
  for (const key of partKeys(expected)) {
    const part = fitPart(partOf(seen, key), partOf(expected, key), copies);
    if (isMap(copy)) copy.set(key, part);
    else Object.defineProperty(copy, key as PropertyKey, { value: part });
  }
  return copy;
}

function sameBytes(seen: Uint8Array, expected: unknown): boolean {
  const bytes = typeof expected === 'string' ? Buffer.from(expected) : expected;
  return isUint8Array(bytes) && bytes.length === seen.length && firstDifference(seen, bytes) === seen.length;
}
