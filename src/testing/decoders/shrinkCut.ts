/** So many cuts are tried at most. */
const TRIES = 300;

/**
 * The fewest places at which bytes must be cut so that a decoder still fails: first halves are left out, then quarters, at last single
 * places.
 *
 * @param places - A cut that fails.
 * @param fails - What a cut fails with; `undefined` if it does not.
 * @returns The cut and its failure; `undefined` if not even the first one fails again, as with a decoder that keeps something.
 */
export function shrinkCut<E>(
  places: readonly number[],
  fails: (places: readonly number[]) => E | undefined,
): { readonly places: readonly number[]; readonly failure: E } | undefined {
  const first = fails(places);
  if (first === undefined) return undefined;
  let best = { places, failure: first };
  let tries = 0;
  for (let size = Math.ceil(places.length / 2); size >= 1 && tries < TRIES; ) {
    let smaller = false;
    // From the end on, so that the first place that fails is left.
    for (let end = best.places.length; end > 0 && tries++ < TRIES; end -= size) {
      const fewer = [...best.places.slice(0, Math.max(0, end - size)), ...best.places.slice(end)];
      const failure = fails(fewer);
      if (failure === undefined) continue;
      best = { places: fewer, failure };
      smaller = true;
    }
    // Single places again, until none of them can be left out.
    if (size > 1) size = Math.ceil(size / 2);
    else if (!smaller) break;
  }
  return best;
}
