import { random } from '../random';
import { cutAt } from './cutAt';

/** `count` cuts of bytes, coarse and fine ones, the same for the same seed; empty chunks may be among them. */
export function seededCuts(whole: Buffer, count: number, seed = 1): Buffer[][] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const longest = 1 + next(1 + next(whole.length + 1));
    const at: number[] = [];
    for (let i = next(longest + 1); i < whole.length; i += next(longest + 1)) at.push(i);
    return cutAt(whole, at.slice(0, 4 * whole.length));
  });
}
