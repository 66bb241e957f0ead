/**
 * Where two values differ first, in words, or `undefined` where they do not: the one equality of the kit.
 *
 * It is `isDeepStrictEqual` of Node with three things that tests of bytes want: bytes are compared as bytes, whatever array they are in;
 * text that is expected means its UTF-8 bytes, where bytes were seen; and what has an `asymmetricMatch` (`expect.any(Error)` of Jest and
 * Vitest) decides by itself. What an error says is compared in every version of Node: its name, its message, its cause and its errors.
 */
import { isDeepStrictEqual } from 'node:util';
import { isMap, isUint8Array } from 'node:util/types';
import { hexDigits } from '../bytes/hexDigits';
import { showBytes } from '../bytes/showBytes';
import { firstDifference } from './firstDifference';
import { fitExpected } from './fitExpected';
import { haveSameParts } from './haveSameParts';
import { isError } from './isError';
import { isMatcher, type Matcher } from './Matcher';
import { partKeys } from './partKeys';
import { partOf } from './partOf';
import { showInLine } from './showInLine';
import { showKinds } from './showKinds';

export function describeDifference(seen: unknown, expected: unknown): string | undefined {
  if (Object.is(seen, expected)) return undefined;
  const fitted = fitExpected(seen, expected);
  const found = difference(seen, fitted, '', []);
  if (found !== undefined || isDeepStrictEqual(seen, fitted)) return found;
  return notTheSame(seen, expected, '');
}

function difference(seen: unknown, expected: unknown, path: string, within: readonly unknown[]): string | undefined {
  if (Object.is(seen, expected)) return undefined;
  if (isMatcher(expected)) return `${at(path)}${showInLine(seen)} is not ${showMatcher(expected)}`;
  if (isUint8Array(seen)) {
    const bytes = typeof expected === 'string' ? Buffer.from(expected) : expected;
    if (isUint8Array(bytes)) return differenceOfBytes(seen, bytes, path);
  }
  if (!haveSameParts(seen, expected) || within.includes(seen)) {
    return isDeepStrictEqual(seen, expected) ? undefined : notTheSame(seen, expected, path);
  }
  const inside = [...within, seen];
  for (const key of new Set([...partKeys(seen as object), ...partKeys(expected), ...partsInherited(seen, expected)])) {
    const inPath = path === '' ? showKey(key) : `${path}.${showKey(key)}`;
    const found =
      hasPart(seen, key) === hasPart(expected, key)
        ? difference(partOf(seen, key), partOf(expected, key), inPath, inside)
        : `${at(inPath)}${hasPart(seen, key) ? `${showInLine(partOf(seen, key))} is there, and nothing is expected` : `nothing is there, and ${showInLine(partOf(expected, key))} is expected`}`;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is compared although no object has it as a field of its own: how long a list is, and the name and message of an error. */
function partsInherited(seen: unknown, expected: object): string[] {
  if (Array.isArray(expected)) return ['length'];
  return isError(seen) ? ['name', 'message'] : [];
}

function hasPart(value: unknown, key: unknown): boolean {
  if (isMap(value)) return value.has(key);
  return isError(value) && (key === 'name' || key === 'message')
    ? true
    : Object.hasOwn(value as object, key as PropertyKey);
}

function notTheSame(seen: unknown, expected: unknown, path: string): string {
  const [one, other] = showKinds(seen, expected);
  return `${at(path)}${one} is not ${other}`;
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

function showMatcher(matcher: Matcher): string {
  const { toAsymmetricMatcher } = matcher as { toAsymmetricMatcher?: () => string };
  return typeof toAsymmetricMatcher === 'function' ? toAsymmetricMatcher.call(matcher) : showInLine(matcher);
}

function showKey(key: unknown): string {
  return typeof key === 'string' ? key : typeof key === 'symbol' ? String(key) : showInLine(key);
}

function at(path: string): string {
  return path === '' ? '' : `at ${path}: `;
}
