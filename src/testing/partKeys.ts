import { isMap } from 'node:util/types';
import { isError } from './isError';

/** What an error says; its stack is where it was made. These are not enumerable. */
const OF_ERRORS = ['name', 'message', 'cause', 'errors'];

/** The names of what makes an object equal to another: its enumerable fields, symbols too, the keys of a map, and what an error says. */
export function partKeys(value: object): unknown[] {
  if (isMap(value)) return [...value.keys()];
  const fields = Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
  if (!isError(value)) return fields;
  return [
    ...OF_ERRORS.filter((key) => Object.hasOwn(value, key)),
    ...fields.filter((key) => !OF_ERRORS.includes(key as string)),
  ];
}
