/** The error for a decoder that returned a frame but consumed nothing: it would return frames for ever. */
export function stuckError(frame: unknown): TypeError {
  const { next, throw: raise } = (frame ?? {}) as Partial<Generator>;
  // An arrow function around a generator function looks like a decoder.
  if (typeof next === 'function' && typeof raise === 'function') {
    return new TypeError('Cannot decode the frame: decode returned a generator; it must be a function* itself');
  }
  return new TypeError('Cannot decode the frame: the decoder returned it but consumed no byte');
}
