/**
 * The first difference of two values in words, or `undefined` if there is none.
 *
 * It is deep equality with three additions for tests of bytes. Bytes are compared as bytes, in any kind of array. Expected text
 * means its UTF-8 bytes. An object with `asymmetricMatch` (`expect.any(Error)` of Jest and Vitest) decides itself.
 */
import { isDeepStrictEqual } from 'node:util';
import { isUint8Array } from 'node:util/types';
import { firstDifference } from './firstDifference';
import { hexDigits } from './hexDigits';
import { showBytes } from './showBytes';
import { showInLine } from './showInLine';

export function describeDifference(seen: unknown, expected: unknown): string | undefined {
  return difference(seen, expected, '', []);
}

function difference(seen: unknown, expected: unknown, path: string, within: readonly unknown[]): string | undefined {
  if (Object.is(seen, expected)) return undefined;
  if (isMatcher(expected)) {
    return expected.asymmetricMatch(seen) ? undefined : `${at(path)}${showInLine(seen)} is not ${showKey(expected)}`;
  }
  if (isUint8Array(seen)) {
    const bytes = typeof expected === 'string' ? Buffer.from(expected) : expected;
    if (isUint8Array(bytes)) return differenceOfBytes(seen, bytes, path);
  }
  if (!isWalked(seen, expected) || within.includes(seen)) {
    if (isDeepStrictEqual(seen, expected)) return undefined;
    return `${at(path)}${showInLine(seen)} is not ${showInLine(expected)}`;
  }
  const inside = [...within, seen];
  const [one, other] = [seen as Parts, expected as Parts];
  for (const key of listKeys(one, other)) {
    const found = difference(one[key], other[key], path === '' ? key : `${path}.${key}`, inside);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differenceOfBytes(seen: Uint8Array, expected: Uint8Array, path: string): string | undefined {
  const i = firstDifference(seen, expected);
  if (i === seen.length && i === expected.length) return undefined;
  if (i === seen.length) return `${at(path)}it ends after ${i} of ${expected.length} bytes`;
  if (i === expected.length) return `${at(path)}it has ${seen.length - i} more than ${i} bytes`;
  return `${at(path)}byte ${i} is ${showByte(seen, i)}, not ${showByte(expected, i)}`;
}

function showByte(bytes: Uint8Array, i: number): string {
  const byte = bytes.subarray(i, i + 1);
  const digits = hexDigits(byte);
  const shown = showBytes(byte);
  return shown.startsWith('hex') ? digits : `${digits} ${shown}`;
}

interface Matcher {
  asymmetricMatch(value: unknown): boolean;
}

function isMatcher(value: unknown): value is Matcher {
  return typeof (value as Partial<Matcher> | null)?.asymmetricMatch === 'function';
}

function showKey(matcher: Matcher): string {
  const { toAsymmetricMatcher } = matcher as { toAsymmetricMatcher?: () => string };
  return typeof toAsymmetricMatcher === 'function' ? toAsymmetricMatcher.call(matcher) : showInLine(matcher);
}

type Parts = Record<string, unknown>;

/** Whether two values of one class are compared part by part: lists, plain objects, errors, and values with bytes inside. */
function isWalked(seen: unknown, expected: unknown): boolean {
  if (typeof seen !== 'object' || typeof expected !== 'object' || seen === null || expected === null) return false;
  const prototype: unknown = Object.getPrototypeOf(seen);
  if (prototype !== Object.getPrototypeOf(expected)) return false;
  if (prototype === null || prototype === Object.prototype || Array.isArray(seen) || seen instanceof Error) return true;
  return Object.values(seen).some(isUint8Array);
}

function listKeys(seen: object, expected: object): Set<string> {
  const keys = new Set([...Object.keys(seen), ...Object.keys(expected)]);
  if (Array.isArray(seen)) return keys.add('length');
  // These are own properties but not enumerable. The stack does not count: it only says where the error was made.
  return seen instanceof Error ? keys.add('name').add('message').add('cause') : keys;
}

function at(path: string): string {
  return path === '' ? '' : `at ${path}: `;
}
