/** Returns the error that a call throws; fails the spec if it does not throw. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('Cannot tell an error: nothing was thrown');
}
