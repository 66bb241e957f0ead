import { assertCount } from '../argumentChecks';
import { assertSeed } from './assertSeed';

/**
 * How many runs there are, and from which seed on: as a test says, and more if the environment asks for it, for a nightly run.
 *
 * `RXJS_TCP_RUNS` is the least number of runs, and `RXJS_TCP_SEED` takes the place of the seed. A single run is one that is
 * repeated, so it stays as it is.
 *
 * @throws `RangeError` or `TypeError` for a variable that is no such number.
 */
export function runSettings({ seed, runs }: { readonly seed: number; readonly runs: number }): {
  readonly seed: number;
  readonly runs: number;
} {
  if (runs === 1) return { seed, runs };
  const least = numberOf('RXJS_TCP_RUNS');
  const other = numberOf('RXJS_TCP_SEED');
  if (least !== undefined) assertCount('RXJS_TCP_RUNS', least);
  if (other !== undefined) assertSeed(other);
  return { seed: other ?? seed, runs: Math.max(runs, least ?? 0) };
}

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : Number(text);
}
