import { random } from '../random';
import { cutAt } from './cutAt';

/** Cuts bytes in `count` ways, coarse and fine, the same for the same seed. Some chunks may be empty. */
export function seededCuts(whole: Buffer, count: number, seed = 1): Buffer[][] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const longest = 1 + next(1 + next(whole.length + 1));
    const at: number[] = [];
    for (let i = next(longest + 1); i < whole.length; i += next(longest + 1)) at.push(i);
    return cutAt(whole, at.slice(0, 4 * whole.length));
  });
}
