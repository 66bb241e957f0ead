import type { Counted } from './serve';

/** Counts frames that are read one by one, each with an `await`, until there is an empty one. */
export async function countingReads(read: () => Promise<{ readonly length: number }>): Promise<Counted> {
  let frames = 0;
  let length = 0;
  for (let frame = await read(); frame.length > 0; frame = await read()) {
    frames++;
    length += frame.length;
  }
  return { frames, length };
}
