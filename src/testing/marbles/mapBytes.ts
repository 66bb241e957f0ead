import { isMap, isUint8Array } from 'node:util/types';

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
  const copy = makeEmpty(value);
  seen.set(value, copy);
  for (const [key, part] of others) {
    if (isMap(copy)) copy.set(key, part);
    else
      Object.defineProperty(copy, key as string, {
        ...Object.getOwnPropertyDescriptor(value, key as string),
        value: part,
      });
  }
  return copy;
}

/** The parts of a value that may have bytes. */
function listEntries(value: object): readonly (readonly [unknown, unknown])[] | undefined {
  if (isMap(value)) return [...value];
  if (value instanceof Error) return ownValues(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  return plain || Object.values(value).some(isUint8Array) ? ownValues(value) : undefined;
}

/** An error's message and stack are own values too, that are not enumerated. */
function ownValues(value: object): [string, unknown][] {
  return Object.entries(Object.getOwnPropertyDescriptors(value))
    .filter(([key, { get }]) => get === undefined && !(Array.isArray(value) && key === 'length'))
    .map(([key, { value: part }]) => [key, part]);
}

function makeEmpty(value: object): object {
  if (isMap(value)) return new Map();
  return Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
}
