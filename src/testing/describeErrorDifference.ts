import { describeDifference } from './describeDifference';
import { isMatcher } from './Matcher';
import { showInLine } from './showInLine';

/**
 * How an error differs from what is expected of it, in words, or `undefined` if it does not.
 *
 * @param expected - As in `assert.throws`: a class, a regular expression, an object with some of its fields, each of which may be a
 *   regular expression; or an error like it, or a matcher.
 */
export function describeErrorDifference(seen: unknown, expected: unknown): string | undefined {
  if (typeof expected === 'function' && !isMatcher(expected)) {
    return seen instanceof expected ? undefined : `${showInLine(seen)} is no ${expected.name}`;
  }
  if (expected instanceof RegExp) {
    return String(seen).search(expected) >= 0 ? undefined : `${showInLine(seen)} does not match ${expected}`;
  }
  if (!(seen instanceof Error) || !isPlain(expected)) return describeDifference(seen, expected);
  for (const [key, part] of Object.entries(expected)) {
    const own: unknown = (seen as unknown as Record<string, unknown>)[key];
    if (part instanceof RegExp && typeof own === 'string' && own.search(part) >= 0) continue;
    const found = describeDifference(own, part);
    if (found !== undefined) return `the error's ${key}: ${found}`;
  }
  return undefined;
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !isMatcher(value)
  );
}
