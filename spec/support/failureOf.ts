/** Resolves with the reason that a promise rejects with; fails the spec if it resolves. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const nothing = {};
  const outcome = await promise.then(
    () => nothing,
    (error: unknown) => ({ error }),
  );
  if (outcome === nothing) throw new Error('Cannot tell a failure: the promise was fulfilled');
  return (outcome as { error: unknown }).error;
}
