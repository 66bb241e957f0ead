/** So many places of a cut are named. */
const NAMED = 40;

/** A cut in words, by its places. */
export function cutName(places: readonly number[]): string {
  return places.length === 0 ? 'all at once' : `cut at ${listPlaces(places)}`;
}

function listPlaces(places: readonly number[]): string {
  return `[${places.slice(0, NAMED).join(', ')}${places.length > NAMED ? ', …' : ''}]`;
}
