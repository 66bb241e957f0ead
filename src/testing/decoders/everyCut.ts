import { cutAt } from './cutAt';

/** All 2^(n-1) ways to cut bytes into chunks that are not empty. */
export function everyCut(whole: Buffer): Buffer[][] {
  const cuts: Buffer[][] = [];
  for (let mask = 0; mask < 2 ** Math.max(0, whole.length - 1); mask++) {
    const at: number[] = [];
    for (let i = 1; i < whole.length; i++) if ((mask >> (i - 1)) & 1) at.push(i);
    cuts.push(cutAt(whole, at));
  }
  return cuts;
}
