/**
 * The index of the first byte that differs.
 *
 * @returns The length of the shorter one, if the longer one begins with it; the length of both, if they are the same.
 */
export function firstDifference(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length);
  let place = 0;
  while (place < most && one[place] === other[place]) place++;
  return place;
}
