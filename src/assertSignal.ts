/**
 * Throws unless `signal` is an `AbortSignal`. `undefined` passes.
 *
 * @throws `TypeError`
 */
export function assertSignal(signal: unknown): void {
  if (signal === undefined) return;
  // By what it can do: signals come from other realms and from packages too.
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  throw new TypeError(`Cannot use ${describe(signal)} as signal: it must be an AbortSignal`);
}

function describe(value: unknown): string {
  return value instanceof AbortController
    ? 'an AbortController'
    : value === null
      ? 'null'
      : `a value of type ${typeof value}`;
}
