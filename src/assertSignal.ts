/**
 * Throws unless `signal` is an `AbortSignal`; `undefined` passes.
 *
 * @throws `TypeError`, with what it is instead.
 */
export function assertSignal(signal: unknown): void {
  if (signal === undefined) return;
  if (typeof (signal as AbortSignal | null)?.addEventListener !== 'function') {
    throw new TypeError(`Cannot use a value of type ${typeof signal} as signal: it must be an AbortSignal`);
  }
}
