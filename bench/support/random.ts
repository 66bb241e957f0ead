/** A number from 0 to `below`, exclusive. */
export type Random = (below: number) => number;

/** A small deterministic generator (mulberry32): the same seed gives the same numbers. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function pick<T>(draw: Random, from: readonly T[]): T {
  return from[draw(from.length)] as T;
}
