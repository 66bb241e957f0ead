/** What a promise rejects with; that it does is part of what a spec says. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const nothing = {};
  const outcome = await promise.then(
    () => nothing,
    (error: unknown) => ({ error }),
  );
  if (outcome === nothing) throw new Error('Cannot tell a failure: the promise was fulfilled');
  return (outcome as { error: unknown }).error;
}
