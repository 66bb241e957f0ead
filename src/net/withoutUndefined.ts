/** The options that are set: Node takes one that is there and `undefined` for a value, and not for its default. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
