import { isMap } from 'node:util/types';

/** Whether both are objects of one class, and ones that have parts; maps have parts in common if their keys are the same. */
export function haveSameParts(seen: unknown, expected: unknown): expected is object {
  if (typeof seen !== 'object' || typeof expected !== 'object' || seen === null || expected === null) return false;
  if (Object.getPrototypeOf(seen) !== Object.getPrototypeOf(expected)) return false;
  if (isMap(seen) && isMap(expected))
    return seen.size === expected.size && [...seen.keys()].every((key) => expected.has(key));
  const kind = Object.prototype.toString.call(expected);
  return ['[object Object]', '[object Array]', '[object Error]'].includes(kind);
}
