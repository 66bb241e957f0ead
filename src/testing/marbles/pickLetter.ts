const LATIN = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
/** Blocks of letters that are one character each, and stay one whatever stands beside them: first code point, and how many. */
const BLOCKS = [
  [0x4e00, 20_992],
  [0xac00, 11_172],
  [0x20000, 42_720],
] as const;

/**
 * The marble of a chunk by its number, from 0: Latin letters first, then others; no digits, which might be taken for a
 * time.
 *
 * @throws `RangeError` where there are no more of them, at some 75,000.
 */
export function pickLetter(number: number): string {
  const latin = LATIN[number];
  if (latin !== undefined) return latin;
  let left = number - LATIN.length;
  for (const [first, count] of BLOCKS) {
    if (left < count) return String.fromCodePoint(first + left);
    left -= count;
  }
  throw new RangeError(`Cannot name chunk ${number}: there are no more letters`);
}
