const LATIN = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
/** Blocks of letters that never combine with their neighbours: the first code point, and how many. */
const BLOCKS = [
  [0x4e00, 20_992],
  [0xac00, 11_172],
  [0x20000, 42_720],
] as const;

/**
 * The letter of a chunk by its number, from 0: first Latin letters, then others. There are no digits, because they could be
 * read as a time.
 *
 * @throws `RangeError` above about 75,000: there are no more letters.
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
