/** The options that are given: Node takes some that are `undefined` for values, where a spread of optional settings has them. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
