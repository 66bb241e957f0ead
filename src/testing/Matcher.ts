/** What decides by itself whether a value is as expected: `expect.any(Error)` of Jest and Vitest. */
export interface Matcher {
  /** Whether the value is as expected. */
  asymmetricMatch(value: unknown): boolean;
}

export function isMatcher(value: unknown): value is Matcher {
  return typeof (value as Partial<Matcher> | null)?.asymmetricMatch === 'function';
}
