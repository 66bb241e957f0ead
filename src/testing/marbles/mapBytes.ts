import { isMap, isUint8Array } from 'node:util/types';
import { copyShape } from '../copyShape';
import { isError } from '../isError';

/**
 * Replaces the bytes in a value: in arrays, plain objects, maps and errors at any depth, and in the fields of any other object.
 *
 * A value without bytes stays the same object. In an instance of a class, only its own fields are replaced, and nothing deeper.
 */
export function mapBytes(value: unknown, replace: (bytes: Uint8Array) => unknown): unknown {
  return mapped(value, replace, new Map());
}

function mapped(value: unknown, replace: (bytes: Uint8Array) => unknown, seen: Map<unknown, unknown>): unknown {
  if (isUint8Array(value)) return replace(value);
  if (typeof value !== 'object' || value === null) return value;
  // A value may contain itself.
  if (seen.has(value)) return seen.get(value);
  seen.set(value, value);
  const entries = listEntries(value);
  if (entries === undefined) return value;
  const others = entries.map(([key, part]) => [key, mapped(part, replace, seen)] as const);
  if (others.every(([, part], i) => Object.is(part, entries[i]?.[1]))) return value;
  const copy = copyShape(value);
  seen.set(value, copy);
  for (const [key, part] of others) {
    if (isMap(copy)) copy.set(key, part);
    else Object.defineProperty(copy, key as PropertyKey, { value: part });
  }
  return copy;
}

/** The parts of a value that may have bytes. */
function listEntries(value: object): readonly (readonly [unknown, unknown])[] | undefined {
  if (isMap(value)) return [...value];
  if (isError(value)) return ownValues(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  return plain || Object.values(value).some(isUint8Array) ? ownValues(value) : undefined;
}

/** Its fields, those too that are not enumerated, as an error's message is. A getter is no value: it may make a new one each time. */
function ownValues(value: object): [PropertyKey, unknown][] {
  return Reflect.ownKeys(value).flatMap((key): [PropertyKey, unknown][] => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    return property !== undefined && 'value' in property ? [[key, property.value]] : [];
  });
}
