/** Cuts bytes before each of these places, which are in ascending order. */
export function cutAt(whole: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places, whole.length];
  return edges.slice(1).map((end, i) => whole.subarray(edges[i], end));
}
