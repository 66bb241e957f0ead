/** The options without those that are `undefined`: Node takes a property that is `undefined` as a value, not as its default. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
