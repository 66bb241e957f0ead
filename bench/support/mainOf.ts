import type { Case } from './Workload';

/** The part of a case that runs without `--all`: the floor and its `main` contenders; `undefined` if nothing runs. */
export function mainOf(one: Case): Case | undefined {
  const { main, floor, contenders } = one;
  if (main === undefined) return one;
  if (main.length === 0) return undefined;
  const stranger = main.find((name) => contenders[name] === undefined);
  if (stranger !== undefined) throw new RangeError(`Cannot run ${stranger}: ${one.title} has no such contender`);
  const chosen = Object.entries(contenders).filter(([name]) => name === floor || main.includes(name));
  return { ...one, contenders: Object.fromEntries(chosen) };
}
