/** The generator functions that a warning has named already: a peer must not be able to fill a log. */
const told = new WeakSet<object>();

/**
 * Ends a generator that waits for bytes when nothing reads them any more, so that its `finally` blocks run.
 *
 * Nobody can catch what it throws there: the read is over, and has its own reason. So the error becomes a warning of the
 * process, once for each generator function. A `finally` that reads on is abandoned, with the same warning.
 *
 * @param running - The generator.
 * @param generate - The function that made it.
 */
export function endGenerator<T>(running: Generator<undefined, T, undefined>, generate: object): void {
  let fault: unknown;
  try {
    if (running.return(undefined as T).done) return;
    fault = new TypeError('Cannot end the decoder: its generator reads on in a finally, after its read has ended');
  } catch (error) {
    fault = error;
  }
  if (told.has(generate)) return;
  told.add(generate);
  process.emitWarning(`A generator decoder failed when its read had ended: ${String(fault)}`, 'DecoderWarning');
}
