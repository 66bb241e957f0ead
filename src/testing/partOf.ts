import { isMap } from 'node:util/types';

/** One of the parts that `partKeys` names. */
export function partOf(value: unknown, key: unknown): unknown {
  return isMap(value) ? value.get(key) : (value as Record<PropertyKey, unknown>)[key as PropertyKey];
}
