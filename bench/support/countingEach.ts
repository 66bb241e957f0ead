import type { Counted } from './serve';

/** Counts the frames of an iterable, each with an `await`. */
export async function countingEach(each: AsyncIterable<{ readonly length: number }>): Promise<Counted> {
  let frames = 0;
  let length = 0;
  for await (const frame of each) {
    frames++;
    length += frame.length;
  }
  return { frames, length };
}
