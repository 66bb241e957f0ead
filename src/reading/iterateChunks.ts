import type { AsyncValues } from './AsyncValues';
import type { ReadLoop } from './ReadLoop';
import type { WaitOptions } from './ReadOptions';

/**
 * The iterator of a `for await` loop over the chunks of a reader. The loop counts as entered from its first value on.
 *
 * @param read - Reads one chunk; an empty one at the end of the stream.
 */
export function iterateChunks(loop: ReadLoop, read: (options: WaitOptions) => Promise<Buffer>): AsyncValues<Buffer> {
  const left = new AbortController();
  const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let entered = false;
  const leave = () => {
    if (entered) loop.leaveLoop();
    entered = false;
  };
  const iterator: AsyncValues<Buffer> = {
    next: async () => {
      try {
        if (!entered && !left.signal.aborted) {
          entered = true;
          loop.enterLoop();
        }
        const value = await read(left);
        if (value.length > 0) return { done: false, value };
        if (loop.cut !== undefined) throw loop.cut;
        return iterator.return();
      } catch (error) {
        if (error === over) return over;
        // A `for await` loop that fails calls no `return`.
        leave();
        throw error;
      }
    },
    return: async () => {
      left.abort(over);
      leave();
      return over;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
