import { isMap } from 'node:util/types';
import { isError } from './isError';

/** The same kind of object with the same fields, which can be replaced; a map is still empty. */
export function copyShape(value: object): object {
  if (isError(value)) return copyOfError(value);
  const prototype = Object.getPrototypeOf(value) as object | null;
  const empty: object = isMap(value) ? new Map() : Array.isArray(value) ? [] : {};
  return Object.defineProperties(Object.setPrototypeOf(empty, prototype), configurable(value));
}

/**
 * A real error, as V8 and debuggers know one: only a constructor makes it.
 *
 * Its `stack` is a field in V8 11, of Node 20, and an accessor later, which answers for the error that it was made with alone: so
 * the copy has the text.
 */
function copyOfError(error: Error): Error {
  const copy = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error)) as Error;
  const { stack: _, ...fields } = configurable(error);
  Object.defineProperties(copy, fields);
  const { stack } = error;
  return Object.defineProperty(copy, 'stack', { value: stack, writable: true, enumerable: false, configurable: true });
}

/** The fields of a value, frozen ones too, so that what they hold can be replaced. The length of an array stays what it is. */
function configurable(value: object): PropertyDescriptorMap {
  const fields: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(value);
  for (const key of Reflect.ownKeys(fields)) {
    const field = fields[key] as PropertyDescriptor;
    if (!(Array.isArray(value) && key === 'length')) field.configurable = true;
  }
  return fields;
}
