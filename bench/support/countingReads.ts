import { EmptyError } from 'rxjs';
import type { Counted } from './serve';

/** Counts frames that are read one by one, each with an `await`, until there is an empty one or none. */
export async function countingReads(read: () => Promise<{ readonly length: number }>): Promise<Counted> {
  let frames = 0;
  let length = 0;
  try {
    for (let frame = await read(); frame.length > 0; frame = await read()) {
      frames++;
      length += frame.length;
    }
  } catch (error) {
    if (!(error instanceof EmptyError)) throw error;
  }
  return { frames, length };
}
