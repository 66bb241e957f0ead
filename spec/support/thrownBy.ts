/** What a call throws; that it does is part of what a spec says. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('Cannot tell an error: nothing was thrown');
}
