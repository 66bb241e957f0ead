/**
 * Values for `for await`, or one by one with `next`.
 *
 * It is a type of its own, because the number of type parameters of `AsyncIterableIterator` differs between compiler versions.
 */
export interface AsyncValues<T> extends AsyncIterator<T, undefined> {
  /** Returns the next value, as soon as there is one. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends the iteration, as leaving the loop does. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Itself: there is one loop. */
  [Symbol.asyncIterator](): AsyncValues<T>;
}
