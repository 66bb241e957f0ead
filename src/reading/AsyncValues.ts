/**
 * Values for `for await`, and one by one with `next`.
 *
 * It has a name of its own since the compiler's `AsyncIterableIterator` takes another number of types from version to version.
 */
export interface AsyncValues<T> extends AsyncIterator<T, undefined> {
  /** The next value, as soon as there is one. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends it, as leaving the loop does. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Itself: there is one loop. */
  [Symbol.asyncIterator](): AsyncValues<T>;
}
